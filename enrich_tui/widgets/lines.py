"""Lines of styled text, measured by cells. They are put together from parts, never from markup."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from enrich_tui.text import cells, fit

PLAIN = ""
MUTED = "$text-muted"
STRONG = "bold"
ACCENT = "$text-accent"
GOOD = "$text-success"
WARN = "$text-warning"
BAD = "$text-error"


@dataclass(frozen=True)
class Signs:
    """One sign for each state, so that nothing is told by colour alone."""

    pending: str
    processing: str
    completed: str
    failed: str
    skipped: str
    retrying: str
    active: str
    idle: str
    warning: str
    full: str
    parts: str
    """Growing parts of one cell of a bar; may be empty."""
    rest: str
    arrow: str
    times: str
    about: str
    ellipsis: str

    def of(self, state: str) -> str:
        """The sign of a stage's state."""
        named: str = getattr(self, state, self.pending)
        return named


UNICODE = Signs(
    pending="○",
    processing="●",
    completed="✔",
    failed="✖",
    skipped="–",
    retrying="↻",
    active="▶",
    idle="◌",
    warning="▲",
    full="█",
    parts="▏▎▍▌▋▊▉",
    rest="·",
    arrow="→",
    times="×",
    about="±",
    ellipsis="…",
)
ASCII = Signs(
    pending="o",
    processing="*",
    completed="+",
    failed="x",
    skipped="-",
    retrying="~",
    active=">",
    idle="o",
    warning="!",
    full="#",
    parts="",
    rest=".",
    arrow="->",
    times="x",
    about="+-",
    ellipsis="..",
)


def signs_of(environ: Mapping[str, str], encoding: str) -> Signs:
    """The signs that a terminal can show: plain ones on the Linux console and without a UTF-8 locale."""
    narrow = environ.get("TERM") == "linux" or encoding.replace("-", "").replace("_", "").lower() != "utf8"
    return ASCII if narrow else UNICODE


def terminal_signs() -> Signs:
    """The signs for this terminal."""
    return signs_of(os.environ, locale.getpreferredencoding(do_setlocale=False))


@dataclass(slots=True)
class Line:
    """One line under construction: parts of text, each with a style of Textual's."""

    parts: list[tuple[str, str]] = field(default_factory=list)
    width: int = 0
    """Cells so far."""

    def add(self, text: str, style: str = PLAIN) -> Line:
        """Append text as it is."""
        if text:
            self.parts.append((text, style))
            self.width += cells(text)
        return self

    def append(self, other: Line) -> Line:
        """Append what another line holds."""
        self.parts += other.parts
        self.width += other.width
        return self

    def cut(self, width: int, ellipsis: str) -> Line:
        """The line in at most ``width`` cells."""
        if self.width <= width:
            return self
        line = Line()
        for text, style in self.parts:
            room = width - line.width
            if cells(text) > room or (cells(text) == room and self.parts[-1][0] is not text):
                return line.add(fit(text + " ", room, ellipsis=ellipsis), style)
            line.add(text, style)
        return line


def content(lines: Sequence[Line]) -> Content:
    """The lines as Textual draws them."""
    drawn = Content("\n").join(Content.assemble(*line.parts) for line in lines)
    return Content("") if not lines else drawn


def spread(left: Line, right: Line, width: int, ellipsis: str) -> Line:
    """Two parts at the two ends of a line of ``width`` cells; the left one gives way."""
    line = Line().append(left.cut(max(0, width - right.width - 1), ellipsis))
    return line.add(" " * (width - line.width - right.width)).append(right).cut(width, ellipsis)


def flow(parts: Iterable[Line], width: int, ellipsis: str, gap: int = 2) -> list[Line]:
    """The parts one after another, on as many lines of ``width`` cells as they need."""
    lines: list[Line] = []
    for part in parts:
        piece = part.cut(width, ellipsis)
        if lines and lines[-1].width + gap + piece.width <= width:
            lines[-1].add(" " * gap).append(piece)
        else:
            lines.append(Line().append(piece))
    return lines


def wrap(lead: Line, text: str, style: str, width: int, ellipsis: str, most: int) -> list[Line]:
    """Words behind ``lead``, broken between them; the next lines are indented as far, and at most ``most`` are left."""
    indent = min(lead.width, width // 2)
    lines = flow((Line().add(word, style) for word in text.split()), width - indent, ellipsis, gap=1)
    last = Line()
    for line in lines[most - 1 :]:
        last.add(" " if last.width else "", style).append(line)
    lines[most - 1 :] = [last.cut(width - indent, ellipsis)] if last.width else []
    wrapped = [Line().add(" " * indent).append(line) for line in lines]
    wrapped[:1] = [Line().append(lead).append(line) for line in lines[:1]] or [lead]
    return [line.cut(width, ellipsis) for line in wrapped]


def bar(percent: float, width: int, signs: Signs, style: str = ACCENT) -> Line:
    """A bar of ``width`` cells. Full means done: it never rounds up to that."""
    steps = len(signs.parts) + 1
    whole, part = divmod(int(min(100.0, max(0.0, percent)) / 100.0 * width * steps), steps)
    line = Line().add(signs.full * whole + (signs.parts[part - 1] if part else ""), style)
    return line.add(signs.rest * (width - line.width), MUTED)


def percent_text(percent: float) -> str:
    """Whole percent, rounded down: 100 % means done."""
    return f"{int(percent)}%"
