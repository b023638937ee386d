"""The four stages. Each is a module with ``run(task, report) -> StageOutput``; :data:`VERSIONS` is for the cache key.

A stage writes its files into ``task.session.output`` with :mod:`enrich_tui.store.outputs`, raises
:class:`enrich_tui.errors.problems.StageError` and nothing else on purpose, and is called in a worker process (or
directly, by a test or an embedder).
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from enrich_tui.config import StageConfig
from enrich_tui.model import Stage, StageOutput, StageTask


class Report(Protocol):
    """Takes the fraction of the stage that is done, 0 to 1 and measured, and optionally a few words."""

    def __call__(self, fraction: float, message: str = "") -> None: ...


class KeepingReport(Report, Protocol):
    """That of a stage that keeps what it does, so that another attempt goes on from there.

    ``kept`` is the fraction at which its work began: all of ``fraction`` while it has met nothing but what was there.
    """

    def __call__(self, fraction: float, message: str = "", kept: float | None = None) -> None: ...


class StageModule(Protocol):
    """What a stage's module offers."""

    def run(self, task: StageTask, report: KeepingReport) -> StageOutput: ...


def load(stage: Stage, package: str = "enrich_tui.stages") -> StageModule:
    """Import the module of a stage; engines are only imported by running it. ``package``: where to look for it."""
    return cast("StageModule", importlib.import_module(f"{package}.{stage.value}"))


def waits(stage: Stage, config: StageConfig) -> bool:
    """True where a stage waits for a server rather than computes: it is run by :func:`serve`, not by a worker."""
    return stage is Stage.SUMMARY and config.summary.served


def served(config: StageConfig) -> frozenset[Stage]:
    """The stages that wait for a server."""
    return frozenset(stage for stage in Stage if waits(stage, config))


async def serve(task: StageTask, report: KeepingReport) -> StageOutput:
    """Run a stage that waits for a server, in this process and its loop; raises as a stage does."""
    from enrich_tui.stages.llm.write import write

    return await write(task, report)


VERSIONS: dict[Stage, str] = {Stage.AUDIO: "2", Stage.VIDEO: "1", Stage.SUMMARY: "2", Stage.CANVAS: "2"}
"""A stage's version changes whenever its code would give another result for the same input; part of the cache key."""


def engine_identity(stage: Stage, config: StageConfig) -> str:
    """Which engine and model a stage would use, as part of its cache key; empty where the version says it all."""
    if stage is Stage.AUDIO:
        from enrich_tui.stages.speech.models import identity

        return identity(config.audio)
    if waits(stage, config):
        from enrich_tui.stages.llm.prompts import VERSION

        return f"prompts {VERSION}, {config.summary.writer}"
    if stage is Stage.VIDEO:
        from enrich_tui.stages.ocr import engine

        return engine.identity(config.video)
    return ""


def memory_identity(stage: Stage, config: StageConfig) -> str:
    """What does a stage that keeps what it does; something else cannot go on with it."""
    return f"{engine_identity(stage, config)} {VERSIONS[stage]}"
