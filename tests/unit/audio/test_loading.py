"""What is said of an engine that cannot be loaded."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.speech import engine
from enrich_tui.stages.speech.models import Model

PASSES = "enrich_tui.stages.speech.passes"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (RuntimeError("mkl_malloc: failed to allocate memory"), Problem.OUT_OF_MEMORY),
        (MemoryError(), Problem.OUT_OF_MEMORY),
        (RuntimeError("unsupported model binary version"), Problem.MODEL_DAMAGED),
        (ImportError("lib.so: failed to map segment from shared object"), Problem.OUT_OF_MEMORY),
        (ImportError("No module named 'faster_whisper'"), Problem.ENGINE_MISSING),
    ],
)
def test_no_room_for_a_model_is_no_fault_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, problem: Problem
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    class Library(ModuleType):
        def __getattr__(self, name: str) -> object:
            return fail(name) if isinstance(error, ImportError) else fail

    monkeypatch.setitem(sys.modules, PASSES, Library(PASSES))
    with pytest.raises(StageError) as caught:
        engine.Engine(Model("base", tmp_path), 1)
    assert caught.value.problem is problem
