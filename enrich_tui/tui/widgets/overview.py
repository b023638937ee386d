"""The top of the screen, beside the batch and the pool: what runs and in which state, and how the stages are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from enrich_tui.display.paths import from_home
from enrich_tui.display.rows import CellState
from enrich_tui.display.summary import outcome, time_text
from enrich_tui.events import Eta
from enrich_tui.model import SessionStatus
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
        name = clean(view.library.rstrip("/").rpartition("/")[2] or view.library)
        clock = self.board.clock
        time = Row().add(clock.strftime("   %H:%M:%S ") if clock else " ", palette.dim)
        marks = Row()
        for badge in self._badges():
            marks.add("  ").add(f" {badge} ", palette.badge)
        right = Row()
        if view.state == "done":
            taken = left.width + marks.width + time.width + min(cells(name), 12) + 5
            right.append(self._outcome(view.predicted if width >= ROOMY else None, width - taken))
        else:
            busy = palette.accent if view.state in {"looking", "running", "watching"} else palette.warn
            right.add(f"{view.state.upper()} {glyphs.run[view.state]}", busy)
            started = view.started.workers if view.started else 0
            count = view.pool.total if view.pool is not None else started
            if view.state != "stopped":
                right.add(f"  {count_text(count, 'worker')}", palette.text)
        if left.width + marks.width + right.width + time.width + 1 <= width:
            right.append(time)
        room = width - left.width - marks.width - right.width - 5
        if name and room >= 6:
            left.add(f" {glyphs.dot} ", palette.faint)
            whole = from_home(view.library)
            shown = whole if cells(whole) <= room and width >= ROOMY else name
            left.add(fit(shown, room, ellipsis=glyphs.ellipsis), palette.text)
        return [spread(left.append(marks), right, width)]

    def _badges(self) -> list[str]:
        board, started = self.board, self.board.view.started
        told = (
            ("SIMULATED", started is not None and started.simulated),
            (self._replay(), board.player is not None),
            ("READ-ONLY", board.controls is None and board.player is None),
            ("VIEW FROZEN", board.frozen),
        )
        return [word for word, on in told if on]

    def _replay(self) -> str:
        player = self.board.player
        if player is None:
            return ""
        speed = self.board.glyphs.run["paused"] if player.paused else speed_text(player.speed)
        return f"REPLAY {speed} {seconds_text(player.position)}/{seconds_text(player.length)}"

    def _outcome(self, predicted: Eta | None, width: int) -> Row:
        """How it came out, and what was predicted where there is room for that."""
        view, palette = self.board.view, self.palette
        row, between = Row().add("DONE", palette.good + Style(bold=True)), " "
        for status, words in outcome(view.outcome).items():
            bad = status is SessionStatus.FAILED and view.outcome[status]
            row.add(between, palette.text).add(words, palette.bad if bad else palette.text)
            between = ", "
        took, both = (f" in {time_text(view.elapsed, told)}" for told in (None, predicted))
        return row.add(both if row.width + cells(both) <= width else took, palette.text)


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
