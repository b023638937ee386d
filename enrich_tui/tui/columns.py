"""The columns of the session table: how wide they are, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style

from enrich_tui.display.listing import Sort
from enrich_tui.display.rows import ENDED, Cell, CellState, SessionRow, SessionState
from enrich_tui.display.sessions import fit_title
from enrich_tui.model import Stage
from enrich_tui.text import fit, length_text
from enrich_tui.tui.board import Board
from enrich_tui.widgets.drawing import Row, bar, bytes_text, ordinal
from enrich_tui.widgets.glyphs import Glyphs
from enrich_tui.widgets.palette import Palette, state_style

_GUTTER, _SIGN, _TIME, _TRY, _WORKER = 2, 3, 6, 4, 4
_STAGE, _STAGE_WIDE = 11, 15
_NAME, _NAME_LEAST, _NAME_FAIR, _NAME_GOOD = 10, 13, 19, 24
_STAGE_NAME = 8


@dataclass(frozen=True)
class Columns:
    """Widths in cells; 0 where a column is left out."""

    width: int
    stages: tuple[Stage, ...]
    """Empty: one column tells about the stage that a session is at."""
    name: int
    stage: int
    attempt: int
    worker: int
    time: int
    eta: int

    @property
    def heads(self) -> list[tuple[int, int, Sort]]:
        """Where a click sorts by what: from column, to column, key."""
        stages = [(self.stage + 1, Sort(stage.value)) for stage in self.stages] or [(self.stage, Sort.STAGE)]
        spans, start = [], 0
        for width, key in (
            (_GUTTER + self.name + 1, Sort.NAME),
            (_SIGN, Sort.STATE),
            *stages,
            (self.attempt, Sort.TRY),
            (self.worker, Sort.WORKER),
            (self.time, Sort.TIME),
            (self.eta, Sort.ETA),
        ):
            spans.append((start, start + width, key))
            start += width
        return spans


@lru_cache(maxsize=32)
def columns(width: int, stages: tuple[Stage, ...]) -> Columns:
    """The columns that suit a table of this width."""
    count = len(stages)
    fixed = _GUTTER + 1 + _SIGN + 2 * _TIME + count * (_STAGE + 1)
    spare = width - fixed - _NAME
    if spare < 0:
        time = _TIME if width >= 50 else 0
        eta = _TIME if width >= 36 else 0
        stage = _STAGE_NAME + _STAGE if width >= 36 else 5
        name = max(4, width - _GUTTER - 1 - _SIGN - stage - time - eta)
        return Columns(width, (), name, stage, 0, 0, time, eta)
    time = _TIME if spare >= _NAME_LEAST - _NAME else 0  # names that begin alike tell nothing when they are shorter
    spare += _TIME - time
    extra = _TRY + _WORKER if spare >= _NAME_FAIR - _NAME + _TRY + _WORKER else 0
    spare -= extra
    name = _NAME + min(spare, _NAME_GOOD - _NAME)
    spare -= name - _NAME
    more = min(_STAGE_WIDE - _STAGE, spare // max(1, count))
    spare -= more * count
    return Columns(
        width,
        stages,
        name + spare,
        _STAGE + more,
        _TRY if extra else 0,
        _WORKER if extra else 0,
        time,
        _TIME,
    )


def heading(layout: Columns, sort: Sort, palette: Palette) -> Row:
    """The names of the columns; the one that is sorted by stands out."""

    def style(key: Sort) -> Style:
        return palette.accent if key is sort else palette.dim

    row = Row().add(" " * _GUTTER).cell("session", layout.name + 1, style(Sort.NAME))
    row.cell("st", _SIGN, style(Sort.STATE))
    for stage in layout.stages:
        row.cell(stage.value, layout.stage + 1, style(Sort(stage.value)))
    if not layout.stages:
        row.cell("stage", layout.stage, style(Sort.STAGE))
    row.cell("try", layout.attempt, style(Sort.TRY)).cell("w", layout.worker, style(Sort.WORKER), right=True)
    row.cell("time", layout.time, style(Sort.TIME), right=True)
    return row.cell("eta", layout.eta, style(Sort.ETA), right=True)


def session_line(row: SessionRow, board: Board, layout: Columns, *, selected: bool) -> Row:
    """One session as a line of the table."""
    glyphs, palette, now = board.glyphs, board.palette, board.view.now
    line = Row()
    line.add(glyphs.cursor if selected else " ", palette.accent)
    line.add(glyphs.mark if row.id in board.marked else " ", palette.warn)
    quiet = row.state in {SessionState.QUEUED, SessionState.SKIPPED, SessionState.CANCELLED, SessionState.DONE}
    style = palette.strong if selected else palette.dim if quiet else palette.text
    line.cell(fit_title(row.title, row.id, layout.name, glyphs.ellipsis), layout.name, style).add(" ")
    line.cell(glyphs.states[row.state], _SIGN, state_style(row.state, palette))
    current = row.current
    if row.state is SessionState.ARRIVING:
        words = f"still being written, {bytes_text(row.size)}" if row.growing else "waiting until it is finished"
        if board.view.state == "stopped":
            words = "not taken up yet"
        line.add(fit(words, max(0, layout.width - line.width - 1), ellipsis=glyphs.ellipsis), palette.dim)
        return line
    if layout.stages:
        for stage in layout.stages:
            line.append(stage_cell(row.cells[stage], layout.stage, now, glyphs, palette)).add(" ")
    elif current is not None and layout.stage > _STAGE:
        line.cell(current[0].value, _STAGE_NAME, palette.dim)
        line.append(stage_cell(current[1], layout.stage - _STAGE_NAME, now, glyphs, palette))
    elif current is not None:
        line.append(stage_cell(current[1], layout.stage, now, glyphs, palette))
    if layout.attempt:
        attempt, most = row.attempt or (0, 0)
        tries = f"{attempt}/{most}" if attempt else ""
        line.cell(tries, layout.attempt, palette.warn if attempt > 1 else palette.faint)
        line.cell(f"w{row.worker}" if row.worker is not None else "", layout.worker, palette.dim, right=True)
    line.cell(length_text(row.seconds(now), short=True) if row.started else "-", layout.time, palette.dim, right=True)
    eta = "done" if row.state is SessionState.DONE else length_text(row.eta.mid if row.eta else None, short=True)
    if row.state in ENDED and row.state is not SessionState.DONE:
        eta = "-"
    return line.cell(eta, layout.eta, palette.dim, right=True)


def stage_cell(cell: Cell, width: int, now: float, glyphs: Glyphs, palette: Palette) -> Row:
    """One stage of a session in ``width`` cells: a bar while it runs, afterwards as little as says it all."""
    line = Row()
    sign = glyphs.cells[cell.state]
    match cell.state:
        case CellState.PROCESSING:
            if width >= 8:
                line.append(bar(cell.fraction, width - 5, glyphs, palette.bar, palette.rest))
            line.cell(f"{int(cell.fraction * 100)}%", min(5, width), palette.text, right=True)
        case CellState.RETRYING:
            wait = max(0, round(cell.due - now))
            words = f"{ordinal(cell.attempt)} in {wait}s" if wait else f"{ordinal(cell.attempt)} soon"
            line.cell(words, width, palette.warn)
        case CellState.COMPLETED:
            line.add(sign, palette.good)
            line.cell(" kept" if cell.cached else f" {length_text(cell.spent, short=True)}", width - 1, palette.dim)
        case CellState.FAILED:
            line.add(sign, palette.bad).cell(f" {cell.word or 'failed'}", width - 1, palette.bad)
        case CellState.CANCELLED:
            line.cell(sign, width, palette.faint)
        case _:
            line.cell(sign, width, palette.faint)
    return line
