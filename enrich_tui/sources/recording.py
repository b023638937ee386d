"""A recorded run: the lines of its event stream, each with its place in time, and what of them cannot be used."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from typing import BinaryIO, NamedTuple

from enrich_tui.events import STREAM_VERSION, Event, Noted, RunStarted
from enrich_tui.model import STAGES
from enrich_tui.sources.reading import (
    LONGEST,
    ForeignVersionError,
    LineError,
    UnknownKindError,
    event_of,
    lines_of,
    outline,
    time_of,
)

SPOKEN = 5
"""So many faulty lines are named one by one."""


class RecordingError(Exception):
    """A recording cannot be shown; the text says why, and which line it is about."""


class Entry(NamedTuple):
    """One event of a recording."""

    at: float
    """Seconds from the start of the recording; over several runs in it they add up."""
    number: int
    """Its line, from 1; 0: made up."""
    text: bytes


class Recording:
    """What could be read of a stream. Made by :func:`read_recording`."""

    def __init__(self, entries: list[Entry], remarks: list[str]) -> None:
        self._entries = entries
        self.remarks = remarks
        """What is to be said of lines that were left out, a sentence each."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def length(self) -> float:
        """Seconds from the first event to the last."""
        return self._entries[-1].at

    def at(self, index: int) -> float:
        """When this event comes."""
        return self._entries[index].at

    def after(self, moment: float) -> int:
        """The first event that comes later than this moment."""
        return bisect_right(self._entries, moment, key=lambda entry: entry.at)

    def event(self, index: int) -> Event:
        """This event; where its line turns out to make no sense, a note that says so."""
        entry = self._entries[index]
        try:
            return event_of(entry.text)
        except LineError as error:
            return Noted(t=entry.at, level="warning", message=f"Line {entry.number} was left out: {error}.")


def read_recording(stream: BinaryIO) -> Recording:
    """Read a stream to its end. Raises :class:`RecordingError` where nothing can be shown, and ``OSError``."""
    entries: list[Entry] = []
    faults: list[str] = []
    unknown: Counter[str] = Counter()
    base = at = 0.0
    for line in lines_of(stream):
        if line.too_long:
            faults.append(f"Line {line.number} was left out: it is longer than {LONGEST // 1024**2} MB.")
            continue
        try:
            told = outline(line.text)
            if told["type"] == "run-started":
                event_of(line.text)  # whatever comes after hangs on it
        except UnknownKindError as error:
            unknown[error.kind] += 1
            continue
        except ForeignVersionError as error:
            raise RecordingError(f"line {line.number} cannot be read: {error}.") from None
        except LineError as error:
            cut = "it is cut off" if not line.whole else str(error)
            faults.append(f"Line {line.number} was left out: {cut}.")
            continue
        if told["type"] == "run-started":
            base = at
        elif not entries:
            entries.append(Entry(0.0, 0, _UNKNOWN_START))
        t = time_of(told)
        at = at if math.isnan(t) else max(at, base + t)
        entries.append(Entry(at, line.number, line.text))
    if not entries:
        raise RecordingError(_nothing(faults, unknown))
    return Recording(entries, _remarks(faults, unknown, headless=entries[0].number == 0))


def _nothing(faults: list[str], unknown: Counter[str]) -> str:
    if faults:
        return f"there is no event of a run in it. {faults[0]}"
    return "there is no event in it that this version knows." if unknown else "it is empty."


def _remarks(faults: list[str], unknown: Counter[str], *, headless: bool) -> list[str]:
    remarks = ["The start of this recording is missing."] if headless else []
    remarks += faults[:SPOKEN]
    if len(faults) > SPOKEN:
        remarks.append(f"{len(faults) - SPOKEN} more lines were left out.")
    if unknown:
        kinds = ", ".join(sorted(unknown)[:SPOKEN])
        remarks.append(f"{unknown.total()} events of kinds that this version does not know were left out: {kinds}.")
    return remarks


_UNKNOWN_START = (
    RunStarted(version=STREAM_VERSION, program="", library="", at="", workers=0, cpu_slots=0, stages=STAGES)
    .model_dump_json()
    .encode()
)
