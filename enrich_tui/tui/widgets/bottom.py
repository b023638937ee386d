"""The bottom of the screen: the last event, and the keys that are most wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.binding import Binding
from textual.message import Message

from enrich_tui.text import count_text, fit, seconds_text
from enrich_tui.tui.board import Board
from enrich_tui.tui.keys import CHANGES, DISPENSABLE, keys_of
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row


class StatusLine(BoardPanel):
    """The last thing that happened; and, where the error panel has no room, how many errors there are."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board, id=id)
        self.badge = False

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        view, palette = self.board.view, self.palette
        row = Row().add(" ")
        if self.badge and view.troubles:
            row.add(f" e: {count_text(len(view.troubles), 'kind')} of error ", palette.badge).add("  ")
        if view.log:
            line = view.log[-1]
            styles = {"good": palette.good, "warning": palette.warn, "error": palette.bad}
            row.add(f"{seconds_text(line.t):>7}  ", palette.faint)
            told = fit(line.text, max(0, width - row.width - 1), ellipsis=self.glyphs.ellipsis)
            row.add(told, styles.get(line.level, palette.dim))
        return [row]


class KeyLine(BoardPanel):
    """Keys and what they do; a click does it too."""

    class Pressed(Message):
        """A person clicked on a key."""

        def __init__(self, binding: Binding) -> None:
            super().__init__()
            self.binding = binding

    def __init__(self, board: Board, bindings: Sequence[Binding], keymap: Mapping[str, str]) -> None:
        super().__init__(board, id="keys")
        self._offered = list(bindings)
        self._keymap = keymap
        self._spans: list[tuple[int, int, Binding]] = []

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        parts = [(binding, self._part(binding)) for binding in self._offered if self._is_meant(binding)]
        first, *others = DISPENSABLE  # the results are what one wants to see when all is done
        for ident in (*others, first) if self.board.view.state == "done" else DISPENSABLE:
            if sum(part.width + 2 for _, part in parts) <= width:
                break
            parts = [(binding, part) for binding, part in parts if binding.id != ident]
        row = Row().add(" ")
        self._spans = []
        for binding, part in parts:
            start = row.width
            row.append(part)
            self._spans.append((start, row.width, binding))
            row.add("  ")
        return [row]

    def _is_meant(self, binding: Binding) -> bool:
        match binding.id:
            case "take-over":
                return self.board.to_be_had
            case "pause":  # when all is done, there is more room for what one does then
                return self.board.view.state != "done"
            case "restart":
                errored = any(worker.status == "error" for worker in self.board.view.workers.values())
                return self.board.view.state != "done" or errored
        return True

    def _part(self, binding: Binding) -> Row:
        palette = self.palette
        off = binding.id in CHANGES and self.board.controls is None
        label = binding.description
        if binding.id == "pause" and self.board.view.state == "paused":
            label = "resume"
        if binding.id == "replay-pause" and self.board.player is not None and self.board.player.paused:
            label = "play"
        if binding.id == "take-over":
            return Row().add(f" {keys_of(binding, self._keymap)[0]} {label} ", palette.badge)
        row = Row().add(keys_of(binding, self._keymap)[0], palette.faint if off else palette.accent)
        return row.add(f" {label}", palette.faint if off else palette.dim)

    def on_click(self, event: events.Click) -> None:
        """A click on a key is that key."""
        for start, end, binding in self._spans:
            if start <= event.x < end:
                self.post_message(self.Pressed(binding))
