"""A session with everything that is known of it: how its stages went, and what they made, to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from enrich_tui.display.changes import Changes
from enrich_tui.display.paths import from_home
from enrich_tui.display.rows import Cell, CellState, SessionRow
from enrich_tui.model import Stage
from enrich_tui.text import clean, length_text, seconds_text
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens import results
from enrich_tui.tui.screens.trace import TracedScreen
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.drawing import Row, bytes_text
from enrich_tui.widgets.palette import Palette, state_style

_LABEL = 12
_READERS: dict[str, Callable[[str, Palette], Awaitable[list[Paragraph]]]] = {
    "chapters": results.chapters,
    "summary": results.summary,
    "transcript": results.transcript,
}
_STAGES = {"chapters": Stage.VIDEO, "summary": Stage.SUMMARY, "transcript": Stage.AUDIO}
_WITHOUT = frozenset({CellState.FAILED, CellState.SKIPPED, CellState.CANCELLED})
"""States of a stage that will leave nothing to read, as far as is known."""


class DetailScreen(TracedScreen):
    """Four sections: overview, chapters, summary, transcript."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.DETAILS]
    OFFERED = (
        keys.DETAILS[0],
        keys.FIND_HERE[0],
        keys.READER_SCREEN[0],
        *keys.DETAILS[-2:],
        *keys.TRACE,
        *keys.READER_SCREEN[1:],
    )
    ALL_KEYS = (*keys.DETAILS, *keys.FIND_HERE, *keys.FOUND_HERE, *keys.TRACE, *keys.READER_SCREEN, *keys.READER)
    SECTIONS = ("overview", *_READERS)

    def __init__(
        self, board: Board, ident: str, log: str, *, section: str = "", at: float | None = None, find: str = ""
    ) -> None:
        """``section``: what is shown first, by its name; ``at``: the moment to go to in it, in seconds.

        ``find``: a text that is looked for there, as if it were typed.
        """
        super().__init__(board, log)
        self._ident = ident
        self._row = board.view.rows[ident]
        self._section = self._sought = self.SECTIONS.index(section) if section else 0
        self._moment = at
        self._find = find
        self._read: list[Paragraph] | None = None

    def on_mount(self) -> None:
        """Begin with the section that is wanted."""
        super().on_mount()
        if self._section:
            self.call_after_refresh(self._show_section, self._section)

    @property
    def row(self) -> SessionRow:
        """The session; as it was last where the run has started over and does not know it yet."""
        self._row = self.board.view.rows.get(self._ident, self._row)
        return self._row

    def marks(self) -> Sequence[str]:
        """The attempts at this session, as the log names them."""
        return [f" of {clean(self._ident)}, attempt"]

    async def action_trace(self) -> None:
        """The log belongs to the overview."""
        if self._section:
            self._show_section(0)
        await super().action_trace()

    def head(self) -> Row:
        """See the base."""
        palette, glyphs, row = self.board.palette, self.board.glyphs, self.row
        line = Row().add(f"{glyphs.states[row.state]} ", state_style(row.state, palette))
        return line.add(row.title, palette.strong)

    def tail(self) -> Row:
        """See the base."""
        line = Row()
        for number, name in enumerate(self.SECTIONS):
            here = number == self._section
            line.add(f" {number + 1} ", self.board.palette.accent if here else self.board.palette.faint)
            line.add(name, self.board.palette.strong if here else self.board.palette.dim)
        return line

    def document(self) -> list[Paragraph]:
        """See the base."""
        if self._section == 0:
            return self._overview()
        return self._read if self._read is not None else [Paragraph("reading", self.board.palette.dim)]

    def update(self, changes: Changes) -> None:
        """The session, or the time, went on."""
        if self._section == 0 and self._ident in changes.rows:
            self.reload()

    def recolour(self) -> None:
        """See the base; what was read is laid out anew."""
        super().recolour()
        if self._section:
            self.run_worker(self._load(self._section), exclusive=True)

    def action_section(self, number: int) -> None:
        """Another section, by its number."""
        self._show_section(number)

    def action_turn(self, by: int) -> None:
        """The next section, or the one before."""
        self._show_section((self._section + by) % len(self.SECTIONS))

    def _show_section(self, number: int) -> None:
        self._section, self._read = number, None
        if number:
            self.run_worker(self._load(number), exclusive=True)
        self.reload()
        self.pane.scroll_to(y=0, animate=False, immediate=True, force=True)
        self.finder.find(self.finder.wanted)

    async def _load(self, number: int) -> None:
        read = await _READERS[self.SECTIONS[number]](self.row.output, self.board.palette)
        if number != self._section:
            return
        cell = self.row.cells.get(_STAGES[self.SECTIONS[number]], Cell())
        if [paragraph.text for paragraph in read] == [results.NOTHING_YET] and cell.state in _WITHOUT:
            read = [Paragraph(cell.message or "There is nothing for this session.", self.board.palette.dim)]
        opened, self._read = self._read is None, read
        place = moment_in(read, self._moment) if number == self._sought else None
        if place is not None:
            palette = self.board.palette
            read[place] = replace(read[place], style=palette.strong, label_style=palette.accent)
        self.reload()
        if place is not None:
            self.pane.reveal(place)
        if self._find:
            self.finder.find(self._find, self.pane.first_line(place or 0))
            self._find = ""
        elif opened and place is None:
            self.finder.find(self.finder.wanted)

    def action_retry(self) -> None:
        """Run this session again."""
        self.dashboard.commands.retry([self._ident])

    async def action_result(self) -> None:
        """Open its result, at the moment that it was opened for."""
        await self.dashboard.open_result(self._ident, at=self._moment)

    def _overview(self) -> list[Paragraph]:
        palette, glyphs, row, now = self.board.palette, self.board.glyphs, self.row, self.board.view.now

        def fact(name: str, value: str) -> Paragraph:
            return Paragraph(value, palette.text, name, palette.dim, _LABEL)

        lines = [fact("state", row.state.value)]
        if row.message:
            lines.append(fact("", row.message))
        if row.advice:
            lines.append(Paragraph(f"{glyphs.arrow} {self.board.advised(row.advice)}", palette.accent, indent=_LABEL))
        lines += [
            fact(name, from_home(value)) for name, value in (("source", row.source), ("results", row.output)) if value
        ]
        recorded = f", {length_text(row.media)} of recording" if row.media else ""
        lines.append(fact("size", bytes_text(row.size) + recorded))
        if row.started:
            lines.append(fact("work", length_text(row.seconds(now))))
        lines.append(Paragraph())
        styles = {CellState.COMPLETED: palette.good, CellState.FAILED: palette.bad, CellState.RETRYING: palette.warn}
        for stage, cell in row.cells.items():
            words = [f"{glyphs.cells[cell.state]} {cell.state}"]
            if cell.state is CellState.PROCESSING:
                words.append(f"{int(cell.fraction * 100)}%")
            if cell.cached:
                words.append("kept from before")
            if cell.spent or cell.state is CellState.PROCESSING:
                words.append(length_text(cell.seconds(now)))
            if cell.attempt:
                words.append(f"attempt {cell.attempt}" + (f" of {cell.attempts}" if cell.attempts else ""))
            if cell.worker is not None and cell.state is CellState.PROCESSING:
                words.append(f"on worker {cell.worker}")
            if cell.engine:
                words.append(cell.engine)
            style = styles.get(cell.state, palette.text)
            lines.append(Paragraph("   ".join(words), style, stage.value, palette.strong, _LABEL))
            for text in (cell.doing if cell.state is CellState.PROCESSING else "", cell.message):
                if text:
                    lines.append(Paragraph(text, palette.text, indent=_LABEL))
            if cell.advice:
                todo = self.board.advised(cell.advice)
                lines.append(Paragraph(f"{glyphs.arrow} {todo}", palette.accent, indent=_LABEL))
            if cell.problem and (cell.advice or cell.state in {CellState.FAILED, CellState.RETRYING}):
                lines.append(Paragraph(f"code {cell.problem}", palette.dim, indent=_LABEL))
            if cell.outputs:
                names = "  ".join(Path(name).name for name in cell.outputs)
                lines.append(Paragraph(names, palette.dim, indent=_LABEL))
        name = f"{row.title}: "
        told = [line for line in self.board.view.log if line.session == self._ident]
        if told:
            lines += [Paragraph(), Paragraph("What happened", palette.strong)]
        levels = {"good": palette.good, "warning": palette.warn, "error": palette.bad}
        lines += [
            Paragraph(
                line.text.removeprefix(name),
                levels.get(line.level, palette.text),
                f"{seconds_text(line.t):>7}",
                palette.dim,
                _LABEL,
            )
            for line in told
        ]
        return [*lines, *self.log_paragraphs()]


def moment_in(paragraphs: Sequence[Paragraph], moment: float | None) -> int | None:
    """Which paragraph is about this moment, in seconds: the last that has begun; None where none has."""
    if moment is None:
        return None
    begun = [place for place, one in enumerate(paragraphs) if one.time is not None and one.time <= moment + 0.02]
    return max(begun, key=lambda place: (paragraphs[place].time or 0.0, place), default=None)
