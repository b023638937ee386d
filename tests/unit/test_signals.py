from __future__ import annotations

import asyncio
import os
import signal

import pytest

from enrich_tui.signals import ending_signals, told


@pytest.mark.parametrize("loop_listens", [True, False], ids=["Unix", "Windows"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_with_its_code_and_what_was_before_comes_back(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, *, loop_listens: bool
) -> None:
    if not loop_listens:

        def unknown(*_arguments: object) -> None:
            raise NotImplementedError

        monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", unknown)
    former = signal.getsignal(number)
    codes: asyncio.Queue[int] = asyncio.Queue()
    try:
        with told(codes.put_nowait):
            os.kill(os.getpid(), number)
            assert await asyncio.wait_for(codes.get(), 10) == 128 + number
        # a loop that listens puts back what Python begins with
        assert signal.getsignal(number) is former or loop_listens
    finally:
        signal.signal(number, former)


async def test_where_nothing_can_be_listened_to_nothing_is_changed() -> None:
    before = {number: signal.getsignal(number) for number in ending_signals()}

    async def elsewhere() -> None:
        with told(lambda _code: None):
            pass

    await asyncio.to_thread(lambda: asyncio.run(elsewhere()))
    assert {number: signal.getsignal(number) for number in ending_signals()} == before
