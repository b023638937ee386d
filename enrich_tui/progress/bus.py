"""The event bus: direct listeners, called at once and in order, and subscriptions, which get batches.

A *listener* (:meth:`EventBus.on`) is a plain callable, called inside :meth:`EventBus.emit`. One that raises is logged
and hurts nobody else; a slow one holds the emitter, as any call does.

A *subscription* (:meth:`EventBus.subscribe`) is for displays. Emitting costs the same for one and for a hundred of
them, because all share one log in which a newer update replaces the older one of the same key. Each subscription reads
what it has not seen yet, at most once an interval, so a slow one gets fewer and newer updates and holds nobody. Updates
without a key are never replaced and never dropped. The log keeps what the slowest subscription has not read yet.

Everything here belongs to one thread, as a rule the event loop's.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, NamedTuple

log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two deliveries to a subscription, unless it asks for something else."""

_FAILED = "A subscriber of the progress events failed; the others are not affected."

Listener = Callable[..., object]


class Update(NamedTuple):
    """One event as a subscription gets it."""

    sequence: int
    """Counts the bus's events; grows within a delivery and from one delivery to the next. Gaps are replaced updates."""
    event: str
    args: tuple[Any, ...]


Deliver = Callable[[Sequence[Update]], Awaitable[None] | None]


class Subscription:
    """One display's place in the log; made by :meth:`EventBus.subscribe`.

    On a running event loop deliveries come by themselves; elsewhere :meth:`flush` makes one. An ``async`` callback is
    awaited before the next delivery. After a plain callback that took d seconds the next delivery waits for at least
    3 d, so that even a slow one leaves the loop most of its time.
    """

    def __init__(self, bus: EventBus, deliver: Deliver, interval: float) -> None:
        self._bus = bus
        self._deliver = deliver
        self._interval = interval
        self._is_async = inspect.iscoroutinefunction(deliver)
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self.sequence = bus.sequence
        """The last update that was delivered. Right after subscribing: a snapshot taken now already has everything up
        to here, and everything later will be delivered."""

    def flush(self) -> None:
        """Deliver now what has not been delivered. An ``async`` callback needs a running loop, and is not overtaken."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None or (self._is_async and not _on_loop()):
            return
        updates = self._bus.since(self)
        if updates:
            self.sequence = updates[-1].sequence
            self._call(updates)
        if self._task is None:
            self._bus.rest(self)

    def close(self) -> None:
        """Deliver nothing more; an ``async`` delivery that is under way may finish. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._bus.forget(self)

    def schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the loop deliver after the interval; for the bus."""
        if self._timer is None:
            self._timer = loop.call_later(max(self._interval, self._not_before - time.monotonic()), self.flush)

    def abandon(self) -> None:
        """Forget what is scheduled or under way; for the bus, when its loop has changed."""
        timer, self._timer = self._timer, None
        task, self._task = self._task, None
        if timer is not None:
            timer.cancel()
        if task is not None and not task.get_loop().is_closed():
            task.cancel()

    def _call(self, updates: Sequence[Update]) -> None:
        begun = time.monotonic()
        try:
            pending = self._deliver(updates)
            if inspect.isawaitable(pending):
                self._task = asyncio.get_running_loop().create_task(self._finish(pending))
        except Exception:
            log.exception(_FAILED)
        ended = time.monotonic()
        self._not_before = ended + 3.0 * (ended - begun)

    async def _finish(self, pending: Awaitable[None]) -> None:
        try:
            await pending
        except Exception:
            log.exception(_FAILED)
        self._task = None
        self._bus.rest(self)


class EventBus:
    """Hands events to listeners at once and to subscriptions in batches; see the module's text."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._subscriptions: list[Subscription] = []
        self._resting: list[Subscription] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log: dict[Hashable, tuple[int, str, tuple[Any, ...]]] = {}
        self._cut: tuple[tuple[int, int], tuple[Update, ...]] | None = None
        self._pruned = 0
        self.sequence = 0
        """Number of the last event that was emitted."""

    def on(self, event: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the event's arguments from now on; returns a callable that ends this, idempotent.

        Raises :class:`TypeError` for a coroutine function: nobody would await it. Those can subscribe.
        """
        if inspect.iscoroutinefunction(listener):
            raise TypeError("A listener is a plain function; an async one can subscribe instead.")
        self._listeners[event] = (*self._listeners.get(event, ()), listener)
        active = True

        def unsubscribe() -> None:
            nonlocal active
            if active:
                active = False
                self.off(event, listener)

        return unsubscribe

    def off(self, event: str, listener: Listener) -> None:
        """End one :meth:`on` of this listener, if there is one."""
        listeners = list(self._listeners.get(event, ()))
        if listener in listeners:
            listeners.remove(listener)
            self._listeners[event] = tuple(listeners)

    def subscribe(self, deliver: Deliver, *, interval: float = INTERVAL) -> Subscription:
        """Deliver all events in batches, at most one every ``interval`` seconds; see :class:`Subscription`."""
        subscription = Subscription(self, deliver, interval)
        self._subscriptions.append(subscription)
        self._resting.append(subscription)
        return subscription

    def wanted(self, event: str) -> bool:
        """True where somebody would hear of this event."""
        return bool(self._subscriptions or self._listeners.get(event))

    def emit(self, event: str, *args: Any, key: Hashable = None) -> None:
        """Tell everybody. With a key, subscriptions may see only the newest of several updates of that key."""
        self.sequence = sequence = self.sequence + 1
        if self._subscriptions:
            self._log[sequence if key is None else key] = (sequence, event, args)
            if self._resting or self._loop is None or self._loop.is_closed():
                self._schedule()
        for listener in self._listeners.get(event, ()):
            try:
                listener(*args)
            except Exception:
                log.exception("A listener for '%s' failed; the others are not affected.", event)

    def flush(self) -> None:
        """Deliver everything to every subscription now."""
        for subscription in tuple(self._subscriptions):
            subscription.flush()

    def close(self) -> None:
        """Deliver what is left, then forget every listener and subscription."""
        self.flush()
        for subscription in tuple(self._subscriptions):
            subscription.close()
        self._listeners.clear()

    def since(self, subscription: Subscription) -> Sequence[Update]:
        """The updates that this subscription has not seen, oldest first."""
        span = subscription.sequence, self.sequence
        if self._cut is None or self._cut[0] != span:
            entries = sorted(entry for entry in self._log.values() if entry[0] > span[0])
            self._cut = span, tuple(Update(*entry) for entry in entries)
        return self._cut[1]

    def rest(self, subscription: Subscription) -> None:
        """This subscription has nothing scheduled any more; forget what all have seen."""
        if subscription in self._subscriptions and subscription not in self._resting:
            self._resting.append(subscription)
        self._prune()
        if self._log and subscription.sequence < self.sequence:
            self._schedule()

    def forget(self, subscription: Subscription) -> None:
        """This subscription has ended."""
        for group in (self._subscriptions, self._resting):
            if subscription in group:
                group.remove(subscription)
        self._prune()

    def _prune(self) -> None:
        seen = min((subscription.sequence for subscription in self._subscriptions), default=self.sequence)
        if seen == self.sequence:
            self._log.clear()
            self._cut = None
        elif seen > self._pruned:
            self._log = {key: entry for key, entry in self._log.items() if entry[0] > seen}
        self._pruned = seen

    def _schedule(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if loop is not self._loop:
            self._loop = loop
            for subscription in self._subscriptions:
                subscription.abandon()
            self._resting = list(self._subscriptions)
        resting, self._resting = self._resting, []
        loop.call_soon(self._arrange, resting, loop)

    def _arrange(self, resting: Sequence[Subscription], loop: asyncio.AbstractEventLoop) -> None:
        """Start the timers, in the loop's own time: the emitter is not held by their number."""
        for subscription in resting:
            if subscription in self._subscriptions:
                subscription.schedule(loop)


def _on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
