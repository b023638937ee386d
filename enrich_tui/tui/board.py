"""What all parts of the dashboard share: the view, what is shown of it, what is selected, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from enrich_tui.controls import Controls, Handover, Player
from enrich_tui.display.listing import Listing
from enrich_tui.display.rows import SessionRow
from enrich_tui.display.view import RunView
from enrich_tui.tui.advice import with_keys
from enrich_tui.widgets.glyphs import Glyphs
from enrich_tui.widgets.palette import Palette


@dataclass
class Board:
    """The state of the dashboard, without any widget."""

    view: RunView
    listing: Listing
    controls: Controls | None
    glyphs: Glyphs
    palette: Palette
    selected: str | None = None
    """Id of the session under the cursor."""
    marked: set[str] = field(default_factory=set)
    filter_text: str = ""
    find_text: str = ""
    """What was looked for in all sessions."""
    frozen: bool = False
    handover: Handover | None = None
    """The run is another program's, or was."""
    player: Player | None = None
    """Plays a recorded run again."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Bindings that the configuration gives other keys, by id."""

    @property
    def to_be_had(self) -> bool:
        """True where the work of another program can be taken over."""
        return self.handover is not None and self.controls is None and self.handover.free

    @property
    def mark(self) -> str:
        """What must be said of the run before all else, in one word; empty for one that really works here."""
        if self.player is not None:
            return "REPLAY"
        if self.controls is None:
            return "READ-ONLY"
        return "SIMULATED" if self.view.started is not None and self.view.started.simulated else ""

    @property
    def clock(self) -> datetime | None:
        """The time of day: now, or when a recorded run was where it is; None where that is not known."""
        if self.player is None:
            return datetime.now().astimezone()
        try:
            started = datetime.fromisoformat(self.view.started.at) if self.view.started else None
            return started + timedelta(seconds=self.view.now) if started else None
        except (ValueError, OverflowError):
            return None

    @property
    def row(self) -> SessionRow | None:
        """The session under the cursor."""
        return self.view.rows.get(self.selected) if self.selected is not None else None

    @property
    def targets(self) -> list[str]:
        """What an action on sessions is about: the marked ones, else the selected one."""
        if self.marked:
            return [ident for ident in self.view.rows if ident in self.marked]
        return [self.selected] if self.selected is not None else []

    def advised(self, advice: str) -> str:
        """What to do, with the keys for it where they do something."""
        return advice if self.controls is None else with_keys(advice, self.keymap)

    def title(self, ident: str | None) -> str:
        """A session's title; empty where there is none."""
        row = self.view.rows.get(ident) if ident is not None else None
        return row.title if row is not None else ""
