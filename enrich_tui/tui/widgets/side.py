"""The side column of wide screens: workers, pool, and the selected session."""

from __future__ import annotations

from collections.abc import Sequence

from enrich_tui.display.rows import Cell, CellState, SessionState, WorkerRow
from enrich_tui.model import Stage
from enrich_tui.text import fit
from enrich_tui.tui.columns import brief, short_time, state_style
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row, bar, bytes_text, rule, sparkline
from enrich_tui.widgets.wrapping import wrap

ROOMY = 34
"""Width from which on a worker's line has room for the stage and the restarts."""
_PAIR = 22
"""Cells of a name and its value in the pool's box."""


class WorkerPanel(BoardPanel):
    """One line a worker: slot, state, session, stage, time in it, restarts."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        palette, glyphs = self.palette, self.glyphs
        workers = sorted(self.board.view.workers.values(), key=lambda worker: (worker.status != "error", worker.id))
        room = self.size.height - 1
        shown = workers if len(workers) <= room else workers[: max(0, room - 1)]
        shown = sorted(shown, key=lambda worker: worker.id)
        tail = Row().add("W", palette.accent).add(" menu", palette.dim)
        lines = [rule(Row().add("Workers", palette.strong), tail, width, glyphs, palette.faint)]
        lines += [self._worker(worker, width) for worker in shown]
        if len(shown) < len(workers):
            lines.append(Row().add(f"  and {len(workers) - len(shown)} more", palette.dim))
        return lines

    def _worker(self, worker: WorkerRow, width: int) -> Row:
        palette, glyphs, view = self.palette, self.glyphs, self.board.view
        styles = {"active": palette.accent, "error": palette.bad, "restarting": palette.warn}
        style = styles.get(worker.status, palette.faint)
        row = Row().cell(str(worker.id), 2, palette.dim, right=True).add(" ")
        row.add(glyphs.workers.get(worker.status, glyphs.dash), style).add(" ")
        restarts = f"{glyphs.workers['restarting']}{worker.restarts}" if worker.restarts else ""
        since = short_time(max(0.0, view.now - worker.since))
        stage = worker.stage.value if worker.stage and worker.session else ""
        roomy = width >= ROOMY
        rest = 19 if roomy else 6
        title = self.board.title(worker.session) or worker.status
        row.cell(title, max(4, width - row.width - rest), palette.text if worker.session else style)
        if roomy:
            row.add(" ").cell(stage, 8, palette.dim)
        row.cell(since, 6, palette.dim, right=True)
        return row.cell(restarts, 4, palette.warn, right=True) if roomy else row


class PoolPanel(BoardPanel):
    """How the workers have been."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        palette, glyphs, view = self.palette, self.glyphs, self.board.view
        lines = [rule(Row().add("Pool", palette.strong), Row(), width, glyphs, palette.faint)]
        pool = view.pool
        if pool is None:
            return [*lines, Row().add("  starting", palette.faint)]
        recent = view.failures.rate(view.now)
        memory = sum(worker.memory or 0 for worker in view.workers.values())
        cpu = view.cpu[-1] if view.cpu else 0.0
        half = _PAIR
        slots = max(1, view.started.cpu_slots if view.started else 1)

        def pair(name: str, value: str, other: str = "", other_value: str = "") -> Row:
            row = Row().add("  ").cell(name, 11, palette.dim).cell(value, half - 13, palette.text)
            return row.cell(other, 11, palette.dim).add(other_value, palette.text)

        if width < _PAIR + 18:
            half = width
            return [
                *lines,
                pair("active", f"{pool.active} of {pool.total}"),
                pair("error rate", f"{pool.error_rate:.1f}%"),
                pair("failed 10m", f"{recent:.1f}%" if recent is not None else "-"),
                pair("uptime", f"{pool.uptime_percentage:.1f}%"),
                pair("restarts", f"{pool.restarts}"),
                pair("memory", bytes_text(memory) if memory else "-"),
            ]
        lines += [
            pair("active", f"{pool.active} of {pool.total}", "idle", f"{pool.idle}"),
            pair(
                "error rate", f"{pool.error_rate:.1f}%", "failed 10m", f"{recent:.1f}%" if recent is not None else "-"
            ),
            pair("uptime", f"{pool.uptime_percentage:.1f}%", "restarts", f"{pool.restarts}"),
            pair("waiting", f"{pool.pending}", "stage avg", brief(pool.avg_job_duration)),
            pair("memory", bytes_text(memory) if memory else "-", "in error", f"{pool.error}"),
        ]
        graph = Row().add("  ").cell("cpu", 11, palette.dim).cell(f"{cpu:.1f}", 5, palette.text)
        graph.add(sparkline(list(view.cpu), max(slots, max(view.cpu, default=0.0)), width - 20, glyphs), palette.bar)
        return [*lines, graph]


class DetailPanel(BoardPanel):
    """The selected session: its stages, and what they said."""

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        palette, glyphs, row = self.palette, self.glyphs, self.board.row
        if row is None:
            return [rule(Row().add("Session", palette.strong), Row(), width, glyphs, palette.faint)]
        tail = Row().add("enter", palette.accent).add(" open", palette.dim)
        title = Row().add(fit(row.title, max(4, width - 18)), palette.strong)
        lines = [rule(title, tail, width, glyphs, palette.faint)]
        head = Row().add("  ").add(f"{glyphs.states[row.state]} {row.state}", state_style(row.state, palette))
        head.add(f"  {bytes_text(row.size)}" if row.size else "", palette.dim)
        head.add(f"  {short_time(row.media)} long" if row.media else "", palette.dim)
        if row.state is SessionState.QUEUED:
            head.add(f"  number {row.order + 1}", palette.dim)
        lines.append(head)
        for stage, cell in row.cells.items():
            lines += self._stage(stage, cell, width)
        for text, style in ((row.message, palette.text), (row.advice, palette.dim)):
            said = {cell.message for cell in row.cells.values()} | {cell.advice for cell in row.cells.values()}
            if text and text not in said:
                lines += [Row().add("  ").add(line, style) for line in wrap(text, width - 3)]
        return lines

    def _stage(self, stage: Stage, cell: Cell, width: int) -> list[Row]:
        palette, glyphs, now = self.palette, self.glyphs, self.board.view.now
        line = Row().add("  ").cell(stage.value, 9, palette.dim)
        if cell.state is CellState.PROCESSING:
            line.append(bar(cell.fraction, 12 if width >= ROOMY else 2, glyphs, palette.bar, palette.rest))
            line.add(f" {int(cell.fraction * 100):>3}%", palette.text).add(
                f"  {short_time(cell.seconds(now))}", palette.dim
            )
            said, style = cell.doing, palette.dim
        else:
            styles = {
                CellState.COMPLETED: palette.good,
                CellState.FAILED: palette.bad,
                CellState.RETRYING: palette.warn,
            }
            sign = styles.get(cell.state, palette.faint)
            line.add(glyphs.cells[cell.state], sign).add(
                f" {cell.state}", palette.text if sign is not palette.faint else sign
            )
            if cell.cached:
                line.add("  kept", palette.dim)
            elif cell.spent:
                line.add(f"  {brief(cell.spent)}", palette.dim)
            said, style = cell.message, palette.text
        if cell.attempt > 1:
            line.add(
                f"  try {cell.attempt}/{cell.attempts}" if cell.attempts else f"  {cell.attempt} tries", palette.warn
            )
        lines = [line]
        if said:
            lines += [Row().to(11).add(text, style) for text in wrap(said, width - 12)[:3]]
        if cell.advice:
            for number, text in enumerate(wrap(cell.advice, width - 14)[:3]):
                lines.append(
                    Row()
                    .to(11)
                    .cell(glyphs.arrow if not number else "", 2, palette.accent)
                    .add(" ")
                    .add(text, palette.dim)
                )
        return lines
