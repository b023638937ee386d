"""Direct listeners and batched subscriptions."""

import asyncio
import itertools
import time
from collections.abc import Sequence

import pytest

from enrich_tui.progress.bus import EventBus, Update


def test_listeners_are_called_in_order_and_can_leave() -> None:
    bus, heard = EventBus(), list[str]()

    def first(text: str) -> None:
        heard.append(f"1 {text}")

    def second(text: str) -> None:
        heard.append(f"2 {text}")

    bus.on("e", first)
    leave = bus.on("e", second)
    bus.emit("e", "x")
    leave()
    leave()
    bus.off("e", second)
    bus.emit("e", "y")
    bus.off("e", first)
    bus.emit("e", "z")
    assert heard == ["1 x", "2 x", "1 y"]
    assert not bus.wanted("e")


def test_a_listener_may_leave_while_it_is_called() -> None:
    bus, heard = EventBus(), list[int]()

    def once(number: int) -> None:
        heard.append(number)
        bus.off("e", once)

    bus.on("e", once)
    bus.on("e", heard.append)
    bus.emit("e", 1)
    bus.emit("e", 2)
    assert heard == [1, 1, 2]


def test_an_async_listener_is_refused() -> None:
    async def listener() -> None: ...

    with pytest.raises(TypeError, match="subscribe"):
        EventBus().on("e", listener)


def test_newer_updates_replace_older_ones_of_their_key() -> None:
    bus, heard = EventBus(), list[Update]()
    subscription = bus.subscribe(heard.extend)
    for number in range(100):
        bus.emit("progress", number, key="p")
        bus.emit("other", number, key="o")
    bus.emit("completed", "a")
    bus.emit("completed", "a")
    assert heard == []
    subscription.flush()
    assert [(update.event, update.args) for update in heard] == [
        ("progress", (99,)),
        ("other", (99,)),
        ("completed", ("a",)),
        ("completed", ("a",)),
    ]
    assert [update.sequence for update in heard] == [199, 200, 201, 202]
    subscription.flush()
    assert len(heard) == 4


def test_each_subscription_has_its_own_place() -> None:
    bus, early, late = EventBus(), list[Update](), list[Update]()
    first = bus.subscribe(early.extend)
    bus.emit("e", 1)
    second = bus.subscribe(late.extend)
    assert second.sequence == 1
    bus.emit("e", 2)
    second.flush()
    bus.emit("e", 3)
    bus.flush()
    assert [update.args for update in early] == [(1,), (2,), (3,)]
    assert [update.args for update in late] == [(2,), (3,)]
    first.close()
    first.close()
    bus.emit("e", 4)
    bus.flush()
    assert len(early) == 3
    assert len(late) == 3


def test_what_nobody_waits_for_is_forgotten() -> None:
    bus = EventBus()
    slow, fast = bus.subscribe(lambda _: None), bus.subscribe(lambda _: None)
    for number in range(10):
        bus.emit("e", number)
    fast.flush()
    assert len(bus.since(slow)) == 10
    slow.close()
    assert bus._log == {}


async def test_deliveries_come_by_themselves_at_most_once_an_interval() -> None:
    bus, deliveries = EventBus(), list[list[int]]()
    bus.subscribe(lambda updates: deliveries.append([update.args[0] for update in updates]), interval=0.02)
    for number in range(5):
        bus.emit("e", number)
    assert deliveries == []
    await asyncio.sleep(0.05)
    assert deliveries == [[0, 1, 2, 3, 4]]
    bus.emit("e", 5)
    await asyncio.sleep(0.05)
    assert deliveries == [[0, 1, 2, 3, 4], [5]]
    bus.close()


async def test_a_subscriber_that_raises_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = EventBus(), list[int]()

    def broken(updates: Sequence[Update]) -> None:
        heard.append(len(updates))
        raise RuntimeError

    bus.subscribe(broken, interval=0.001)
    for _ in range(2):
        bus.emit("e")
        await asyncio.sleep(0.02)
    assert heard == [1, 1]
    assert "not affected" in caplog.text
    bus.close()


async def test_a_slow_async_subscriber_gets_fewer_and_newer_updates() -> None:
    bus, slow, quick = EventBus(), list[list[int]](), list[int]()
    release = asyncio.Event()

    async def wait(updates: Sequence[Update]) -> None:
        slow.append([update.args[0] for update in updates])
        await release.wait()

    bus.subscribe(wait, interval=0.001)
    bus.subscribe(lambda updates: quick.append(updates[-1].args[0]), interval=0.001)
    for number in range(5):
        bus.emit("e", number, key="k")
        await asyncio.sleep(0.01)
    assert slow == [[0]]
    assert quick == [0, 1, 2, 3, 4]
    release.set()
    await asyncio.sleep(0.02)
    assert slow == [[0], [4]]
    bus.close()


async def test_a_slow_plain_subscriber_leaves_the_loop_most_of_the_time() -> None:
    bus, calls = EventBus(), list[float]()

    def slow(_updates: Sequence[Update]) -> None:
        calls.append(time.monotonic())
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass

    bus.subscribe(slow, interval=0.001)
    for _ in range(20):
        bus.emit("e")
        await asyncio.sleep(0.01)
    assert min(later - earlier for earlier, later in itertools.pairwise(calls)) >= 0.075
    bus.close()


async def test_async_subscribers_wait_for_a_loop() -> None:
    bus, heard = EventBus(), list[int]()

    async def deliver(updates: Sequence[Update]) -> None:
        heard.append(len(updates))

    def elsewhere() -> None:
        bus.subscribe(deliver, interval=0.001)
        bus.emit("e")
        bus.flush()

    await asyncio.to_thread(elsewhere)
    assert heard == []
    bus.emit("e")
    await asyncio.sleep(0.02)
    assert heard == [2]


def test_a_new_loop_takes_over() -> None:
    bus, heard = EventBus(), list[int]()
    bus.subscribe(lambda updates: heard.append(len(updates)), interval=0.001)

    async def emit(wait: float) -> None:
        bus.emit("e")
        await asyncio.sleep(wait)

    asyncio.run(emit(0.0))
    asyncio.run(emit(0.02))
    assert heard == [2]
