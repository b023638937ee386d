"""The top of the screen: what runs, how far it is, how long it will take, and how the workers are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.style import Style

from enrich_tui.display.paths import from_home
from enrich_tui.display.rows import CellState, SessionState
from enrich_tui.text import cells, clean, eta_text, fit, seconds_text
from enrich_tui.tui.board import Board
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row, bar, parted, spread


class Overview(BoardPanel):
    """One to four lines, by its height: totals only, or header, bar, totals, and the pool or the stages."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board, id=id)
        self.with_stages = False
        """The last line tells about stages instead of the pool."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        height = self.size.height
        if height == 1:
            return [self._one_line(width)]
        last = self._stages(width) if self.with_stages else self._pool(width)
        lines = [self._header(width), self._bar(width), self._totals(width), last]
        return lines[:height]

    def _one_line(self, width: int) -> Row:
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        counts = view.counts
        parts = [
            Row().add("enrich", palette.strong) if self.screen.size.height < 4 and width >= 20 else Row(),
            Row().add(f"{view.fraction * 100:.0f}%", palette.strong),
            Row().add(f"{view.ended}/{counts.total()}", palette.text),
            Row().add(
                f"{glyphs.states[SessionState.FAILED]}{view.unhappy}", palette.bad if view.unhappy else palette.dim
            ),
            Row().add(f"{glyphs.states[SessionState.RUNNING]}{counts[SessionState.RUNNING]}", palette.accent),
            Row().add(self._eta(), palette.dim),
        ]
        return parted([part for part in parts if part.width], width, gap=1)

    def _header(self, width: int) -> Row:
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        left = Row().add(" enrich", palette.accent + Style(bold=True))
        right = Row()
        if view.state == "done":
            right.append(self._outcome())
        else:
            busy = palette.accent if view.state == "running" else palette.warn
            right.add(f"{view.state.upper()} {glyphs.run[view.state]}", busy)
            count = len(view.workers) or (view.started.workers if view.started else 0)
            right.add(f"  {count} {'worker' if count == 1 else 'workers'}", palette.text)
        right.add(datetime.now().astimezone().strftime("   %H:%M:%S "), palette.dim)
        badges = [
            word
            for word, on in (
                ("SIMULATED", view.started is not None and view.started.simulated),
                ("READ-ONLY", self.board.controls is None or (view.started is not None and view.started.read_only)),
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
            left.add(fit(whole if cells(whole) <= room and width >= 100 else name, room), palette.text)
        return spread(left.append(marks), right, width)

    def _outcome(self) -> Row:
        view, palette, counts = self.board.view, self.palette, self.board.view.counts
        good = counts[SessionState.DONE] + counts[SessionState.PARTIAL]
        row = Row().add("DONE", palette.good + Style(bold=True)).add(f" {good} ok, ", palette.text)
        failed = counts[SessionState.FAILED]
        row.add(f"{failed} failed", palette.bad if failed else palette.text)
        for state in (SessionState.SKIPPED, SessionState.CANCELLED):
            if counts[state]:
                row.add(f", {counts[state]} {state}", palette.text)
        return row.add(f" in {seconds_text(view.elapsed)}", palette.text)

    def _eta(self) -> str:
        batch = self.board.view.batch
        if self.board.view.state == "done":
            return ""
        eta = batch.eta if batch else None
        text = eta_text(eta.low, eta.mid, eta.high) if eta else eta_text(None, None, None)
        return text.replace("±", self.glyphs.about)

    def _bar(self, width: int) -> Row:
        view, palette = self.board.view, self.palette
        total = view.counts.total()
        tail = Row().add(f"{int(view.fraction * 100):>4}%", palette.strong)
        tail.add(f"  {view.ended}/{total} sessions", palette.text)
        eta = self._eta()
        if eta:
            tail.add("   ETA ", palette.dim).add(eta, palette.text)
            reason = view.batch.eta_reason if view.batch else ""
            if reason and width >= 100:
                tail.add(f" {self.glyphs.dot} {clean(reason, 40)}", palette.warn)
        tail.add(" ")
        # the bar keeps its length while the words beside it change
        room = max(width - max(tail.width, 41), 10)
        done = palette.good if view.state == "done" else palette.bar
        line = Row().add(" ").append(bar(view.fraction, room, self.glyphs, done, palette.rest))
        return line.append(tail)

    def _totals(self, width: int) -> Row:
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        styles = {
            SessionState.DONE: palette.good,
            SessionState.PARTIAL: palette.warn,
            SessionState.FAILED: palette.bad,
            SessionState.RUNNING: palette.accent,
            SessionState.RETRYING: palette.warn,
        }
        always = {SessionState.DONE, SessionState.FAILED, SessionState.RUNNING, SessionState.QUEUED}
        parts = []
        for state in _TOTALS:
            count = view.counts[state]
            if not count and state not in always:
                continue
            style = styles.get(state, palette.dim) if count else palette.faint
            parts.append(
                Row()
                .add(glyphs.states[state], style)
                .add(f" {count} {state}", palette.text if count else palette.faint)
            )
        right = Row().add(f"elapsed {seconds_text(view.elapsed)} ", palette.dim)
        return spread(Row().add(" ").append(parted(parts, width - right.width - 3)), right, width)

    def _pool(self, width: int) -> Row:
        view, palette, glyphs = self.board.view, self.palette, self.glyphs
        pool = view.pool
        line = Row().add(" pool  ", palette.dim)
        if pool is None:
            return line.add("starting", palette.faint)
        parts = [
            Row().add(
                f"{glyphs.workers['active']} {pool.active} active", palette.text if pool.active else palette.faint
            ),
            Row().add(f"{glyphs.workers['idle']} {pool.idle} idle", palette.dim),
            Row().add(f"{glyphs.workers['error']} {pool.error} error", palette.bad if pool.error else palette.faint),
            Row().add(f" error rate {pool.error_rate:.1f}%", palette.dim),
            Row().add(f" up {pool.uptime_percentage:.1f}%", palette.dim),
        ]
        rate = view.batch.rate if view.batch else None
        right = Row().add(f"{rate:.1f}/min " if rate is not None else "", palette.dim)
        return spread(line.append(parted(parts, width - line.width - right.width - 2)), right, width)

    def _stages(self, width: int) -> Row:
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
        return spread(Row().add(" ").append(parted(parts, width - right.width - 3, gap)), right, width)


_TOTALS = (
    SessionState.DONE,
    SessionState.PARTIAL,
    SessionState.FAILED,
    SessionState.RUNNING,
    SessionState.RETRYING,
    SessionState.QUEUED,
    SessionState.SKIPPED,
    SessionState.CANCELLED,
)
