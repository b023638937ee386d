"""One model on one server: asks it, and turns whatever goes wrong into a problem of the closed set.

No attempt is repeated here; that is the pipeline's. Only the form of the answer is asked for in up to three ways,
because servers differ in which they know.
"""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from enrich_tui.config import SummaryConfig
from enrich_tui.errors.classification import classify, safe_text
from enrich_tui.errors.http import error_codes, problem_of_status
from enrich_tui.errors.log import HIDDEN
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.errors.words import refuses
from enrich_tui.stages.llm.keys import Key

if TYPE_CHECKING:
    from openai import AsyncOpenAI

INSTALL = 'pip install "enrich-tui[llm]"'
FORMS = ("json_schema", "json_object", "text")
"""In which the answer may be asked for, the best first."""

_DETAIL = 1000
_UNKNOWN_FORM = frozenset({400, 415, 422, 501})
"""What servers say to a form of the answer that they do not know."""
_NO_ROOM = frozenset({"context_length_exceeded", "exceed_context_size_error"})
"""Error codes for a text that is longer than the model takes in."""
_QUOTED = 20
"""Characters of a line by which it is known again."""
_BRACES = 50
"""Braces at which an answer is looked for in a text."""

Answer = TypeVar("Answer", bound=BaseModel)


class Question(NamedTuple):
    """What is asked."""

    instructions: str
    text: str
    schema: dict[str, Any]
    """JSON Schema of the answer."""


class Server:
    """The model of a configuration; an asynchronous context manager. Cancelling a question ends its request."""

    def __init__(self, config: SummaryConfig, key: Key | None) -> None:
        self._config = config
        self._key = key
        self._client: AsyncOpenAI | None = None
        self._forms = list(FORMS)
        """What is still asked for: a form that was refused once, or came out wrong, is not asked for again."""

    async def __aenter__(self) -> Self:
        """Raises ``StageError(ENGINE_MISSING)`` where the client's package is not installed."""
        try:
            self._client = await asyncio.to_thread(_open, self._config, self._key)
        except ImportError:
            raise StageError(Problem.ENGINE_MISSING, facts={"install": INSTALL}) from None
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def ask(self, question: Question, kind: type[Answer]) -> Answer:
        """The answer to a question. Raises ``StageError``, with ``BAD_ANSWER`` where none can be used in any form."""
        while True:
            form = self._forms[0]
            try:
                if (answer := read_answer(await self._complete(question, form), kind)) is not None:
                    return answer
                failed = StageError(Problem.BAD_ANSWER, detail="The answer is not of the form that was asked for.")
            except StageError as error:
                if error.problem is not Problem.BAD_ANSWER or error.status not in _UNKNOWN_FORM:
                    raise
                failed = error
            if len(self._forms) == 1:
                raise failed
            del self._forms[0]

    async def models(self) -> list[str]:
        """The names of the models that the server says it has. Raises ``StageError``."""
        assert self._client is not None
        content = await self._sent(self._client.models.with_raw_response.list())
        try:
            return [one["id"] for one in json.loads(content)["data"] if isinstance(one["id"], str)]
        except (ValueError, TypeError, LookupError, RecursionError):
            raise StageError(Problem.NOT_COMPATIBLE) from None

    async def _complete(self, question: Question, form: str) -> str:
        """What the model says. Raises ``StageError``."""
        assert self._client is not None
        instructions = question.instructions
        body: dict[str, Any] = {}
        if form == "json_schema":
            schema = {"name": "summary", "schema": question.schema, "strict": True}
            body["response_format"] = {"type": form, form: schema}
        else:
            instructions += f"\nAnswer with one JSON object by this JSON Schema:\n{json.dumps(question.schema)}"
        if form == "json_object":
            body["response_format"] = {"type": form}
        body["messages"] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": question.text},
        ]
        made = self._client.chat.completions.with_raw_response.create(model=self._config.model or "", **body)
        content = await self._sent(made, question.text)
        try:
            answer = _Completion.model_validate_json(content)
        except ValidationError:
            answer = _Completion()
        if answer.choices:
            return answer.choices[0].message.content or ""
        status = answer.error.code if answer.error else None  # some pass on an error of another server so
        problem = problem_of_status(status) if status else Problem.NOT_COMPATIBLE
        detail = self._hidden(f"The answer begins with {content[:200]!r}.")
        raise StageError(problem or Problem.BAD_ANSWER, detail=detail, status=status)

    async def _sent(self, request: Any, text: str = "") -> bytes:
        """The bytes of the answer to a request with this text.

        Raises ``StageError``; what the client raised goes no further.
        """
        try:
            async with asyncio.timeout(self._config.timeout):
                content: bytes = (await request).content
        except StageError:
            raise
        except TimeoutError:
            raise StageError(Problem.NETWORK, detail=f"No answer came in {self._config.timeout:g} s.") from None
        except Exception as error:  # noqa: BLE001 - a client of a foreign service may raise anything
            raise self._met(error, text) from None
        return content

    def _met(self, error: Exception, text: str) -> StageError:
        """What an exception of the client means, without a look at words of ours that the server only repeats."""
        if isinstance(error.__cause__, StageError):  # of ours, which the client has wrapped
            return error.__cause__
        finding, told = classify(error), safe_text(error)
        status, problem = finding.status, finding.problem or Problem.BAD_ANSWER
        if status is not None and _repeats(told, text):
            refused = refuses(error_codes(error))
            problem = Problem.SERVICE_REFUSED if refused else problem_of_status(status) or Problem.BAD_ANSWER
        facts: dict[str, str | int | float] = {}
        if getattr(error, "code", None) in _NO_ROOM:
            problem, facts = Problem.TOO_LONG, {"setting": "stage.summary.window", "change": "lower"}
        elif status == 404:
            problem = Problem.MODEL_UNKNOWN
        elif status is not None and status < 400:
            problem = Problem.NOT_COMPATIBLE  # it would send us elsewhere
        detail = self._hidden(f"{type(error).__name__}: {told}")[:_DETAIL]
        return StageError(problem, detail=detail, facts=facts, retry_after=finding.retry_after, status=status)

    def _hidden(self, text: str) -> str:
        """``text`` without the key, which some servers quote."""
        return text.replace(self._key.secret.get_secret_value(), HIDDEN) if self._key else text


def _repeats(told: str, text: str) -> bool:
    """True where an error quotes a line of what was sent."""
    said = (line.partition("] ")[2][:_QUOTED] for line in text.splitlines())
    return any(len(words) == _QUOTED and words in told for words in said)


class _Message(BaseModel):
    model_config = ConfigDict(defer_build=True)
    content: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(defer_build=True)
    message: _Message


class _Error(BaseModel):
    model_config = ConfigDict(defer_build=True)
    code: int = Field(ge=400, le=599)


class _Completion(BaseModel):
    """As much of a completion as is needed."""

    model_config = ConfigDict(defer_build=True)
    choices: list[_Choice] = []
    error: _Error | None = None


def _open(config: SummaryConfig, key: Key | None) -> AsyncOpenAI:
    """In a thread, because it imports much and reads certificates."""
    from enrich_tui.stages.llm.client import open_client

    return open_client(config, key)


def read_answer(text: str, kind: type[Answer]) -> Answer | None:
    """The answer that a text is, or holds among other words; None where there is none."""
    decoder = json.JSONDecoder()
    at = text.rfind("</think>") + 1  # after what a model says to itself
    for _ in range(_BRACES):
        at = text.find("{", at)
        if at < 0:
            break
        try:
            return kind.model_validate(decoder.raw_decode(text, at)[0])
        except (ValueError, RecursionError):
            at += 1
    return None
