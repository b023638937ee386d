"""An event loop that a test drives by hand, by a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from enrich_tui.testing.clock import FakeClock

T = TypeVar("T")


class SteppedLoop(asyncio.SelectorEventLoop):
    """Runs only inside :meth:`turn`; its timers go by the fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        self._fake_clock = clock
        super().__init__()

    def time(self) -> float:
        """The fake clock's time."""
        return self._fake_clock()

    def turn(self, times: int = 12) -> None:
        """Let everything happen that can happen without time passing."""
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something that needs no time to pass."""
        task = self.create_task(coroutine)
        self.turn()
        for _ in range(10):
            if task.done():
                break
            self.turn()
        return task.result()
