"""The four stages. Each is a module with ``run(task, report) -> StageOutput`` and a ``VERSION`` for the cache key.

``VERSION`` (a string) changes whenever the code would give another result for the same input. A stage writes its files
into ``task.session.output`` with :mod:`enrich_tui.store.outputs`, raises :class:`enrich_tui.errors.problems.StageError`
and nothing else on purpose, and is called in a worker process (or directly, by a test or an embedder).
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from enrich_tui.model import Stage, StageOutput, StageTask


class Report(Protocol):
    """Takes the fraction of the stage that is done, 0 to 1 and measured, and optionally a few words."""

    def __call__(self, fraction: float, message: str = "") -> None: ...


class StageModule(Protocol):
    """What a stage's module offers."""

    VERSION: str

    def run(self, task: StageTask, report: Report) -> StageOutput: ...


def load(stage: Stage) -> StageModule:
    """Import the module of a stage; engines are only imported by running it."""
    return cast("StageModule", importlib.import_module(f"enrich_tui.stages.{stage.value}"))
