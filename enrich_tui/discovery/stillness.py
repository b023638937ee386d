"""Which recordings of a library are finished: nobody has written to them for a while. No clock, no files.

Sizes and times of files are only compared with those of the look before, for as long as the caller's clock says.
Whether the clock of a file system is right, or goes back, does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery.library import Found, Mark
from enrich_tui.model import Rejected, Session


class Arriving(NamedTuple):
    """A recording that is not taken up yet."""

    session: Session
    growing: bool
    """It was seen to grow, or it is not whole."""


class Looked(NamedTuple):
    """What came of a look."""

    still: list[Found]
    """Nobody writes to them any more; to be :meth:`taken <Stillness.take>`, or :meth:`refused <Stillness.refuse>`."""
    overdue: list[Found]
    """They were refused and have been still for so long that they are to be taken as they are."""
    arriving: list[Arriving]
    """New ones, and those that were seen to change, be it after they were taken."""
    gone: list[Session]
    """They are not there any more."""


@dataclass(slots=True)
class _Item:
    found: Found
    since: float
    """When it was seen to change last."""
    taken: Mark | str | None = None
    refused: bool = False
    growing: bool = False
    missed: float | None = None
    """When it was first looked for in vain."""


@dataclass
class Stillness:
    """What is known of everything in a library, from look to look.

    ``settle``: seconds without a change after which a file counts as still. ``patience``: seconds after which one that
    is still but not whole is taken nevertheless, so that its error can be told. ``now`` is any monotonic number of
    seconds.
    """

    settle: float
    patience: float
    _items: dict[Path, _Item] = field(default_factory=dict)

    def look(self, found: Iterable[Found], now: float) -> Looked:
        """Compare everything that is there now with the look before."""
        looked = Looked([], [], [], [])
        seen: set[Path] = set()
        for one in found:
            seen.add(one.path)
            self._see(one, now, looked)
        for path in self._items.keys() - seen:
            self._miss(path, now, looked)
        return looked

    def take(self, found: Found) -> None:
        """It is taken up as it is; from now on only a change counts."""
        item = self._items.setdefault(found.path, _Item(found, 0.0))
        item.taken, item.growing = _state(found), False

    def refuse(self, found: Found) -> Arriving | None:
        """It is still, but not whole: wait until it changes, or patience ends. Returns what is to be told of it."""
        item = self._items[found.path]
        item.refused = True
        told, item.growing = item.growing, True
        return None if told or isinstance(found.item, Rejected) else Arriving(found.item, growing=True)

    def _see(self, one: Found, now: float, looked: Looked) -> None:
        item = self._items.get(one.path)
        if item is None:
            item = self._items[one.path] = _Item(one, now)
            if isinstance(one.item, Session):
                looked.arriving.append(Arriving(one.item, growing=False))
        elif item.missed is not None or _state(item.found) != _state(one):
            item.since, item.refused = now, False
            if isinstance(one.item, Session) and item.taken != _state(one):
                item.growing = True
                looked.arriving.append(Arriving(one.item, growing=True))
        item.found, item.missed = one, None
        if item.taken == _state(one) or now - item.since < self.settle:
            return
        if not item.refused:
            looked.still.append(one)
        elif now - item.since >= self.patience:
            looked.overdue.append(one)

    def _miss(self, path: Path, now: float, looked: Looked) -> None:
        """A file may be away for a moment, as when it is replaced."""
        item = self._items[path]
        if item.missed is None:
            item.missed = now
        if now - item.missed >= self.settle:
            del self._items[path]
            if isinstance(item.found.item, Session):
                looked.gone.append(item.found.item)


def _state(found: Found) -> Mark | str:
    """What must not change. Of what cannot be a session only the reason counts."""
    return found.item.reason if isinstance(found.item, Rejected) else found.mark
