"""Fakes and fixtures for the tests of programs that embed the services; see :mod:`enrich_tui.testing.plugin`.

Names are loaded when they are first used: a clock needs no pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enrich_tui.lazy import loader

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
__getattr__ = loader(__name__, _HOMES)

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
