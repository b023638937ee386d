"""Fakes and fixtures for the tests of programs that embed the services; see :mod:`enrich_tui.testing.plugin`.

Names are loaded when they are first used: a clock needs no pool.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from enrich_tui.testing.clock import FakeClock
    from enrich_tui.testing.executor import Crash, Fail, FakeExecutor, FakeExecutors, Hang, Outcome, Succeed
    from enrich_tui.testing.services import FakeServices, fake_services, make_session
    from enrich_tui.testing.stages import FakeStages

_HOMES = {
    "clock": ("FakeClock",),
    "executor": ("Crash", "Fail", "FakeExecutor", "FakeExecutors", "Hang", "Outcome", "Succeed"),
    "services": ("FakeServices", "fake_services", "make_session"),
    "stages": ("FakeStages",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Crash",
    "Fail",
    "FakeClock",
    "FakeExecutor",
    "FakeExecutors",
    "FakeServices",
    "FakeStages",
    "Hang",
    "Outcome",
    "Succeed",
    "fake_services",
    "make_session",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'enrich_tui.testing' has no attribute {name!r}") from None
    value = getattr(importlib.import_module(f"enrich_tui.testing.{home}"), name)
    globals()[name] = value
    return value
