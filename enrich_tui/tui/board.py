"""What all parts of the dashboard share: the view, what is shown of it, what is selected, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from enrich_tui.display.listing import Listing
from enrich_tui.display.rows import SessionRow
from enrich_tui.display.view import RunView
from enrich_tui.events import Controls
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
    frozen: bool = False

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

    def title(self, ident: str | None) -> str:
        """A session's title; empty where there is none."""
        row = self.view.rows.get(ident) if ident is not None else None
        return row.title if row is not None else ""
