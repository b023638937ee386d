"""Who comes late, or is slow, ends up with the same picture as who was there from the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from enrich_tui.progress import EnrichmentProgress, ProgressService
from enrich_tui.progress.bus import Update
from tests.unit.progress.test_service import CALLS, Clock, play

STEPS = st.lists(st.tuples(CALLS.filter(lambda call: call[0] != "clear"), st.booleans()), max_size=40)
"""Calls, each with whether the subscriber is given time after it."""


class Picture:
    """What a subscriber knows: a snapshot, brought up to date by what is delivered."""

    def __init__(self, service: ProgressService) -> None:
        self.subscription = service.subscribe(self.deliver)
        self.sequence = self.subscription.sequence
        self.sessions = {progress.session_id: progress for progress in service.get_all_progress()}

    def deliver(self, updates: Sequence[Update]) -> None:
        """Take what is new, in order."""
        for update in updates:
            assert update.sequence > self.sequence
            self.sequence = update.sequence
            progress = update.args[-1]
            if isinstance(progress, EnrichmentProgress):
                assert progress.session_id == update.args[0]
                self.sessions[progress.session_id] = progress


def timeless(sessions: Iterable[EnrichmentProgress]) -> list[dict[str, Any]]:
    """All but the estimate, which moves by itself."""
    return [progress.model_dump(exclude={"eta"}) for progress in sorted(sessions, key=lambda one: one.session_id)]


@settings(max_examples=150, deadline=None)
@given(before=STEPS, after=STEPS)
def test_a_snapshot_and_what_follows_make_the_whole_picture(
    before: list[tuple[tuple[Any, ...], bool]], after: list[tuple[tuple[Any, ...], bool]]
) -> None:
    clock = Clock()
    service = ProgressService(clock=clock)
    early = Picture(service)
    for call, in_time in before:
        play(service, clock, call)
        if in_time:
            early.subscription.flush()
    late = Picture(service)
    for call, in_time in after:
        play(service, clock, call)
        if in_time:
            late.subscription.flush()
    service.shutdown()
    truth = timeless(service.get_all_progress())
    assert timeless(early.sessions.values()) == truth
    assert timeless(late.sessions.values()) == truth


def test_gaps_are_updates_that_newer_ones_replaced() -> None:
    service = ProgressService()
    service.start_progress("a")
    heard: list[Update] = []
    subscription = service.subscribe(heard.extend)
    began = subscription.sequence
    for percent in (10, 20, 30):
        service.update_stage("a", "audio", progress=percent)
    service.complete_progress("a", success=True)
    subscription.flush()
    assert [(update.event, update.sequence - began) for update in heard] == [
        ("stage", 1),
        ("progress", 4),
        ("completed", 5),
    ]
    assert subscription.sequence == heard[-1].sequence
