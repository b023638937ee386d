"""Stages that do what a script says, session by session, in workers that can die over them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.testing.executor import FakeExecutor, Outcome, Succeed

_WELL = Succeed()


class FakeStages:
    """What comes of each stage of each session. All go well unless :meth:`script` says otherwise.

    An outcome without a result stands for a stage that went well and left no files.
    """

    def __init__(self) -> None:
        self._scripts: defaultdict[tuple[str, Stage], deque[Outcome]] = defaultdict(deque)
        self._always: dict[tuple[str, Stage], Outcome] = {}
        self.tasks: list[StageTask] = []
        """The attempts that were begun, oldest first."""

    def script(self, session: Session | str, stage: Stage | str, *outcomes: Outcome, then: Outcome = _WELL) -> None:
        """Give the attempts of a stage these outcomes, one after another, and ``then`` to all further ones.

        Raises ``ValueError`` for a stage that does not exist.
        """
        key = (session if isinstance(session, str) else session.id, Stage(stage))
        self._scripts[key] = deque(outcomes)
        self._always[key] = then

    def attempts(self, session: Session | str, stage: Stage | str) -> int:
        """How often a stage was begun. Raises ``ValueError`` for a stage that does not exist."""
        ident = session if isinstance(session, str) else session.id
        return sum(task.session.id == ident and task.stage is Stage(stage) for task in self.tasks)

    def begin(self, task: StageTask) -> Outcome:
        """What comes of this attempt; for the executors."""
        self.tasks.append(task)
        key = (task.session.id, task.stage)
        script = self._scripts[key]
        outcome = script.popleft() if script else self._always.get(key, _WELL)
        if isinstance(outcome, Succeed) and outcome.result is None:
            return Succeed(StageOutput(engine="fake"), outcome.events)
        return outcome

    def executor(self, _worker: int) -> FakeExecutor:
        """An executor that runs these stages, for :class:`~enrich_tui.testing.executor.FakeExecutors`."""
        return _StageExecutor(self)


class _StageExecutor(FakeExecutor):
    def __init__(self, stages: FakeStages) -> None:
        super().__init__()
        self._stages = stages

    async def run(self, job: Any, on_event: Callable[[Any], None]) -> Any:
        if self.alive and isinstance(job, StageTask):
            self.script.append(self._stages.begin(job))
        return await super().run(job, on_event)
