"""The base of all screens that are for reading: a head, a pane of text, and the keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from enrich_tui.display.changes import Changes
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.tui.widgets.reader import Paragraph, ReaderPane
from enrich_tui.widgets.drawing import Row, ends, parted
from enrich_tui.widgets.panel import Panel

if TYPE_CHECKING:
    from enrich_tui.tui.app import Dashboard


class _Head(BoardPanel):
    def __init__(self, board: Board, reader: ReaderScreen) -> None:
        super().__init__(board, id="reader-head")
        self._reader = reader

    def rows(self, width: int) -> Sequence[Row]:
        palette, glyphs = self.palette, self.glyphs
        line = Row().to(width, glyphs.rule, palette.faint)
        return [ends(self._reader.head(), self._reader.tail(), width, glyphs.ellipsis), line]


class _Foot(BoardPanel):
    def __init__(self, board: Board, bindings: Sequence[Binding], reader: ReaderScreen) -> None:
        super().__init__(board, id="reader-foot")
        self._offered = bindings
        self._reader = reader

    def rows(self, width: int) -> Sequence[Row]:
        palette, parts = self.palette, []
        for binding in self._offered:
            shown = keys.keys_of(binding, self._reader.dashboard.keymap_in_use)
            parts.append(Row().add(shown[0], palette.accent).add(f" {binding.description}", palette.dim))
        return [self._reader.note(), parted(parts, width)]


class ReaderScreen(ModalScreen[None]):
    """Text to read over the dashboard; the run goes on below."""

    CSS_PATH = "../modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.READER_SCREEN]
    AUTO_FOCUS = "#reader"
    OFFERED: ClassVar[Sequence[Binding]] = keys.READER_SCREEN
    """The bindings that the last line names."""
    ALL_KEYS: ClassVar[Sequence[Binding]] = (*keys.READER_SCREEN, *keys.READER)
    """All its bindings, for the help."""
    AT_END: ClassVar[bool] = False
    """Its end is what one wants to see first."""
    FOLLOWS: ClassVar[frozenset[str]] = frozenset()
    """Parts of the view of which a change is shown at once."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.pane = ReaderPane()
        self.foot = _Foot(board, self.OFFERED, self)

    @property
    def dashboard(self) -> Dashboard:
        """The app."""
        return cast("Dashboard", self.app)

    def head(self) -> Row:
        """What this is."""
        raise NotImplementedError

    def tail(self) -> Row:
        """What stands at the right end of the head."""
        return Row()

    def note(self) -> Row:
        """What stands above the keys."""
        return Row()

    def document(self) -> list[Paragraph]:
        """The text."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Head, text and keys in a box."""
        with Vertical(classes="box -tall"):
            yield _Head(self.board, self)
            yield from self.body()
            yield self.foot

    def body(self) -> Iterator[Widget]:
        """What stands between head and keys."""
        yield self.pane

    def on_mount(self) -> None:
        """Fill the pane when its size is known."""
        self.call_after_refresh(self.reload, to_end=self.AT_END)

    def reload(self, *, to_end: bool = False) -> None:
        """Show the text as it is now."""
        self.pane.show(self.document(), to_end=to_end)
        self.redraw()

    def recolour(self) -> None:
        """Show the text in the colours of another theme."""
        self.pane.show(self.document())
        self.redraw(whole=True)

    def redraw(self, *, whole: bool = False) -> None:
        """Draw head and keys again; ``whole``: also what looks the same."""
        for panel in self.query(Panel):
            panel.redraw(whole=whole)

    def update(self, changes: Changes) -> None:
        """Something in the run changed."""
        if changes.parts & self.FOLLOWS:
            self.reload(to_end=True)

    def action_back(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    async def action_copy_all(self) -> None:
        """Copy what is selected with the mouse, or the whole text."""
        chosen = self.get_selected_text()
        await self.dashboard.copy(chosen or self.pane.text, "the selection" if chosen else "the text")
