"""The configuration: one frozen tree of settings, read from a TOML file and from options.

The settings that a stage depends on live in :class:`StageConfig`, because they are part of a stage's cache key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from enrich_tui.text import clean

APP = "enrich-tui"

MAX_WORKERS = 8
"""Workers by default where there are more processors."""


class ConfigError(Exception):
    """The configuration cannot be used; the text says which setting of which file, in plain words."""


class _Section(BaseModel):
    """Defaults are made with ``model_construct``: they need no checks, which take a while to prepare."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def decisive(self) -> dict[str, Any]:
        """The settings that a result depends on, as JSON has them."""
        return self.model_dump(mode="json")


class AudioConfig(_Section):
    """How speech becomes text."""

    engine: Literal["auto", "faster-whisper"] = "auto"
    """What transcribes."""
    model: str = "auto"
    """``auto``, ``tiny.en``, ``base``, the name of a model in the hub cache, or a folder with the four model files."""
    language: str | None = None
    """ISO 639-1 code of the spoken language. Not set: found out from the recording."""
    beam_size: Annotated[int, Field(ge=1, le=10)] = 5
    """Wordings that are weighed against each other; fewer is faster and less exact."""
    window: Annotated[float, Field(ge=30, le=600)] = 300.0
    """Longest piece that is decoded at once, in seconds; pieces are cut at quiet points."""


class VideoConfig(_Section):
    """How a video becomes chapters."""

    engine: Literal["auto", "screen"] = "auto"
    """What finds the cuts."""
    min_chapter: Annotated[float, Field(ge=1)] | None = None
    """Shortest chapter in seconds. Not set: duration / 30, at least 1."""
    thumbnail_width: Annotated[int, Field(ge=64, le=1920)] = 480
    """In pixels."""
    ocr: Literal["auto", "off", "rapidocr", "tesseract"] = "auto"
    """What reads the text on screen. ``auto``: RapidOCR where the extra ``ocr`` is installed, else nothing."""
    ocr_language: Annotated[str, Field(pattern=r"^\w+(\+\w+)*$", max_length=80)] = "eng"
    """For Tesseract: its names of the languages on screen, as ``eng+deu``. RapidOCR needs no telling."""


class SummaryConfig(_Section):
    """What writes the summary, and how much it says. ``base_url`` and all below it are for a server."""

    engine: Literal["auto", "extractive", "openai-compatible"] = "auto"
    """What writes it. auto: extractive, on this machine. openai-compatible: a language model; the transcript is sent to
    the server at base_url."""
    sentences: Annotated[int, Field(ge=1, le=50)] = 7
    """Points that it makes, each a sentence."""
    base_url: str | None = None
    """Address of a server that speaks OpenAI's protocol: ``http://127.0.0.1:11434/v1``. Not set: none."""
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Name of the model, as that server knows it. Not set: none."""
    key_variable: str | None = None
    """Environment variable with its key. Not set: OPENAI_API_KEY, or none where it is this machine."""
    timeout: Annotated[float, Field(ge=1, le=86400)] = 600.0
    """Longest wait for one answer, in seconds."""
    patience: Annotated[float, Field(ge=0, le=604800)] = 600.0
    """Seconds for which summaries wait for a server that is down, before extractive ones stand in."""
    window: Annotated[int, Field(ge=2000)] = 8000
    """Characters that are sent at a time (Latin ones; others count as two or three). A longer transcript is read in
    parts. The default suits models that take in little; with others more is better and quicker."""
    limit: Annotated[int, Field(ge=2000)] = 500_000
    """Longest transcript that is sent, in the same characters."""

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("it is an address that begins with http:// or https://")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("a key or password does not belong into it")
        return value

    @field_validator("key_variable")
    @classmethod
    def _variable(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(?!LC_)[A-Z0-9_]*(KEY|TOKEN)", value):
            raise ValueError("it is the name of a variable, in capitals, that ends in KEY or TOKEN")
        return value  # so it is none of those that workers are given

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.served and not (self.base_url and self.model):
            raise ValueError("where a server writes it, base_url and model have to be set")
        return self

    @property
    def served(self) -> bool:
        """True where a server writes it."""
        return self.engine == "openai-compatible"

    @property
    def writer(self) -> str:
        """The model and its server, as it is said to people: ``llama3.2 at 127.0.0.1:11434``."""
        return clean(f"{self.model} at {urlsplit(self.base_url or '').netloc}")

    def decisive(self) -> dict[str, Any]:
        """Of the server's settings only how its model is asked; see :attr:`writer`. Where there is none, none."""
        return self.model_dump(mode="json", include={"engine", "sentences"} | ({"window"} if self.served else set()))


class CanvasConfig(_Section):
    """What goes onto the one page."""

    embed_media: bool = False
    """True: the recording itself is put into the page; False: the page plays the file beside it."""


class StageConfig(_Section):
    """Everything that a stage's result depends on, besides its inputs and its code."""

    audio: AudioConfig = AudioConfig.model_construct()
    video: VideoConfig = VideoConfig.model_construct()
    summary: SummaryConfig = SummaryConfig.model_construct()
    canvas: CanvasConfig = CanvasConfig.model_construct()

    @property
    def offline(self) -> Self:
        """The same without a server."""
        return self.model_copy(update={"summary": self.summary.model_copy(update={"engine": "extractive"})})


class Limits(_Section):
    """What a worker may use while it reads recordings that come from anywhere."""

    memory: Annotated[int, Field(ge=256 * 1024**2)] = 4 * 1024**3
    """Address space in bytes; on macOS memory in use. Windows sets no such limit."""
    stage_seconds: Annotated[float, Field(gt=0)] = 6 * 3600.0
    """Longest time for one stage, in seconds; of a summary by a server, for all that it is asked."""
    recycle_after: Annotated[int, Field(ge=1)] = 200
    """Jobs after which a worker's process is replaced."""
    auto_restart: bool = True
    """False: a worker in error stays so until a person restarts it."""


class UiConfig(_Section):
    """How the dashboard looks and behaves."""

    theme: str = "enrich-dark"
    """enrich-dark, enrich-light, enrich-contrast, or ansi: the terminal's own colours."""
    ascii: bool = False
    """True: only plain characters are drawn."""
    mouse: bool = True
    """False: the mouse is left to the terminal."""
    motion: bool = True
    """False: nothing moves but what changes."""
    notify: bool = False
    """Bell and desktop notification at the end of a batch."""
    on_complete: tuple[str, ...] = ()
    """Command (argument list) that is run at the end of a batch, with the report's path as last argument."""


class WatchConfig(_Section):
    """When a recording that came in while the program runs counts as finished. All times are seconds."""

    on: bool = False
    """True: as if ``--watch`` were given."""
    every: Annotated[float, Field(ge=0.1, le=3600)] = 2.0
    """Between two looks at the library; more where a look takes long."""
    settle: Annotated[float, Field(ge=0.1, le=3600)] = 6.0
    """Without a change of size or time before it is opened."""
    patience: Annotated[float, Field(ge=0.1, le=86400)] = 60.0
    """Without a change before it is taken up although it is not whole, so that the error says why."""


class Config(_Section):
    """The whole configuration."""

    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Not set: one a processor, at most 8; one more where a server writes summaries."""
    stages: tuple[Literal["audio", "video", "summary", "canvas"], ...] = ("audio", "video", "summary", "canvas")
    """What is done."""
    stage: StageConfig = StageConfig.model_construct()
    limits: Limits = Limits.model_construct()
    watch: WatchConfig = WatchConfig.model_construct()
    ui: UiConfig = UiConfig.model_construct()
    keys: dict[str, str] = Field(default_factory=dict)
    """Binding id to keys (comma separated), for the dashboard."""

    @property
    def worker_count(self) -> int:
        """How many workers there are to be."""
        return self.workers or min(MAX_WORKERS, os.cpu_count() or 1) + self.stage.summary.served


def config_path() -> Path:
    """Where the user's configuration file is looked for."""
    import platformdirs

    return Path(platformdirs.user_config_path(APP)) / "config.toml"


def load_config(path: Path | None = None) -> Config:
    """Read the configuration from ``path``, or from the user's place; a missing user file means all defaults.

    Raises :class:`ConfigError` where the file cannot be read, is no TOML, or has a setting that cannot be used.
    """
    file = path or config_path()
    try:
        data = file.read_bytes()
        # Windows' editors put a mark in front, and its PowerShell writes UTF-16 into what it makes with ">"
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except FileNotFoundError:
        if path is None:
            return Config.model_construct()
        raise ConfigError(f"There is no configuration file at {file}.") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The configuration file {file} cannot be read.") from None
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The configuration file {file} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError(f"In {file}, {_reason(error)}") from None


def _reason(error: ValidationError) -> str:
    """What is wrong with the first setting that cannot be used."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    name = ".".join(path)
    if first["type"] == "extra_forbidden":
        from difflib import get_close_matches

        known = {one.rpartition(".")[2]: one for one in _names(Config)}
        alike = [f"; perhaps '{known[one]}' is meant" for one in get_close_matches(path[-1], known, 1)]
        return f"there is no setting '{name}'{''.join(alike)}."
    if first["type"] == "value_error":
        return f"the setting '{name}' cannot be used: {first['ctx']['error']}."
    kind = first["type"].removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float")
    return f"the setting '{name}' cannot be used: {_NEEDED.get(kind, first['msg'].lower())}."


_NEEDED = {
    "bool": "it is true or false",
    "int": "it is a whole number",
    "float": "it is a number",
    "string": "it is a text, in quotes",
    "tuple": "it is a list, in [ ]",
}
"""What a setting is, by what Pydantic says of a value that is none."""


def _names(section: type[BaseModel], path: str = "") -> Iterator[str]:
    """The full names of all settings."""
    for field, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _names(inner, f"{path}{field}.")
        else:
            yield path + field
