"""The top of the screen, beside the batch and the pool: what runs and in which state, and how the stages are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from enrich_tui.display.paths import from_home
from enrich_tui.display.rows import CellState, SessionState
from enrich_tui.display.summary import time_text
from enrich_tui.events import Eta
from enrich_tui.text import cells, clean, count_text, fit, seconds_text, speed_text
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row, parted, spread

ROOMY = 100
"""Columns from which the header has room for what can also be left out."""


class Header(BoardPanel):
    """The program, the library, the state of the run or how it came out, and the time of day."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        left = Row().add(" enrich", palette.accent + Style(bold=True))
        right = Row()
        if view.state == "done":
            right.append(self._outcome(view.predicted if width >= ROOMY else None))
        else:
            busy = palette.accent if view.state in {"looking", "running", "watching"} else palette.warn
            right.add(f"{view.state.upper()} {glyphs.run[view.state]}", busy)
            count = len(view.workers) or (view.started.workers if view.started else 0)
            if view.state != "stopped":
                right.add(f"  {count_text(count, 'worker')}", palette.text)
        clock = self.board.clock
        right.add(clock.strftime("   %H:%M:%S ") if clock else " ", palette.dim)
        badges = [
            word
            for word, on in (
                ("SIMULATED", view.started is not None and view.started.simulated),
                (self._replay(), self.board.player is not None),
                ("READ-ONLY", self.board.controls is None and self.board.player is None),
                ("VIEW FROZEN", self.board.frozen),
            )
            if on
        ]
        marks = Row()
        for badge in badges:
            marks.add("  ").add(f" {badge} ", palette.badge)
        name = clean(view.library.rstrip("/").rpartition("/")[2] or view.library)
        room = width - left.width - marks.width - right.width - 5
        if name and room >= 6:
            left.add(f" {glyphs.dot} ", palette.faint)
            whole = from_home(view.library)
            left.add(fit(whole if cells(whole) <= room and width >= ROOMY else name, room), palette.text)
        return [spread(left.append(marks), right, width)]

    def _replay(self) -> str:
        player = self.board.player
        if player is None:
            return ""
        speed = self.board.glyphs.run["paused"] if player.paused else speed_text(player.speed)
        return f"REPLAY {speed} {seconds_text(player.position)}/{seconds_text(player.length)}"

    def _outcome(self, predicted: Eta | None) -> Row:
        view, palette, counts = self.board.view, self.palette, self.board.view.counts
        good = counts[SessionState.DONE] + counts[SessionState.PARTIAL]
        row = Row().add("DONE", palette.good + Style(bold=True)).add(f" {good} ok, ", palette.text)
        failed = counts[SessionState.FAILED]
        row.add(f"{failed} failed", palette.bad if failed else palette.text)
        for state in (SessionState.SKIPPED, SessionState.CANCELLED):
            if counts[state]:
                row.add(f", {counts[state]} {state}", palette.text)
        return row.add(f" in {time_text(view.elapsed, predicted)}", palette.text)


class StageTotals(BoardPanel):
    """How many sessions are where in each stage."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        parts = []
        for stage in view.stages:
            counts = view.stage_counts[stage]
            part = Row().add(f"{stage} ", palette.dim)
            for state, style in (
                (CellState.COMPLETED, palette.good),
                (CellState.FAILED, palette.bad),
                (CellState.PROCESSING, palette.accent),
                (CellState.PENDING, palette.faint),
            ):
                if counts[state] or state is CellState.COMPLETED:
                    part.add(f" {glyphs.cells[state]} ", style)
                    part.add(str(counts[state]), palette.text if state is not CellState.PENDING else palette.faint)
            parts.append(part)
        rate = view.batch.rate if view.batch else None
        right = Row().add(f"{rate:.1f}/min " if rate is not None else "", palette.dim)
        gap = 5 if width >= 120 else 3
        return [spread(Row().add(" ").append(parted(parts, width - right.width - 3, gap)), right, width)]
