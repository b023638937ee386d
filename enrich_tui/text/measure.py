"""Measures text by terminal cells and fits it into them, in the way terminals (and Textual below them) count.

Widths: two cells for characters that Unicode (UAX #11) calls wide or full-width, none for marks and format characters,
one for everything else. An emoji selector widens a narrow emoji; what follows a zero-width joiner adds nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
_ZWJ, _VS16 = "\u200d", "\ufe0f"

_WIDE = (  # wide since Unicode 16, or unassigned in older tables and wide by default
    (0x2630, 0x2637),
    (0x268A, 0x268F),
    (0x4DC0, 0x4DFF),
    (0x1D300, 0x1D356),
    (0x1D360, 0x1D376),
    (0x1FA70, 0x1FAFF),
    (0x20000, 0x3FFFD),
)
_EMPTY = (  # Hangul vowels and finals join the syllable before them; fillers; skin tones join the emoji before them
    (0x115F, 0x11FF),
    (0x3164, 0x3164),
    (0xD7B0, 0xD7FF),
    (0xFFA0, 0xFFA0),
    (0x1F3FB, 0x1F3FF),
)
_ZERO = frozenset({"Mn", "Me", "Mc", "Cf", "Cc", "Zl", "Zp"})


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


class _Widths(dict[str, int]):
    """The width of a character, found out when it is first met."""

    def __missing__(self, character: str) -> int:
        self[character] = width = self._measure(character)
        return width

    @staticmethod
    def _measure(character: str) -> int:
        code = ord(character)
        if _within(code, _EMPTY):
            return 0
        category = unicodedata.category(character)
        if category in _ZERO and not (
            category == "Cf" and (0x0600 <= code <= 0x08FF or code == 0xAD) and code != 0x061C
        ):
            return 0
        return 2 if unicodedata.east_asian_width(character) in "WF" or _within(code, _WIDE) else 1


_WIDTHS = _Widths()


def _clusters(text: str) -> Iterator[tuple[int, int, int]]:
    """What must not be split: (start, end, cells) of each character with all that joins it."""
    start, width, index = 0, 0, 0
    joined = paired = False
    for index, character in enumerate(text):
        if joined or character == _ZWJ:
            joined = character == _ZWJ
            continue
        if character == _VS16:
            if width == 1 and _widens(text[start]):
                width = 2
            continue
        own = _WIDTHS[character]
        flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        if flag and not paired and index > start and "\U0001f1e6" <= text[start] <= "\U0001f1ff":
            paired = True
            width += own
        elif own and index > start and width:
            yield start, index, width
            start, width, paired = index, own, False
        else:
            width += own
    if text:
        yield start, index + 1, width


def _widens(character: str) -> bool:
    """True for narrow characters that have an emoji form (of emoji-variation-sequences.txt, roughly)."""
    if character.isascii():
        return character in "#*0123456789"
    return character in "©®‼⁉™ℹ" or unicodedata.category(character) in {"So", "Sm", "Po"}


def cells(text: str) -> int:
    """How many terminal cells ``text`` takes; control characters take none."""
    if text.isascii() and text.isprintable():
        return len(text)
    if _ZWJ not in text and _VS16 not in text:
        return sum(map(_WIDTHS.__getitem__, text))
    return sum(width for _, _, width in _clusters(text))


def fit(text: str, width: int, *, ellipsis: str = ELLIPSIS) -> str:
    """``text`` in at most ``width`` cells, with ``ellipsis`` at its end where something was cut off.

    Nothing that belongs together is split: a wide character, a base and its marks, an emoji sequence, a flag. Where
    ``width`` has no room for the ellipsis there is none.
    """
    if cells(text) <= width:
        return text
    mark = ellipsis if cells(ellipsis) <= width else ""
    room = width - cells(mark)
    if text.isascii() and text.isprintable():
        return text[: max(room, 0)] + mark
    end = 0
    for _, stop, taken in _clusters(text):
        room -= taken
        if room < 0:
            break
        end = stop
    return text[:end] + mark


def fit_end(text: str, width: int, *, ellipsis: str = ELLIPSIS) -> str:
    """``text`` in at most ``width`` cells like :func:`fit`, but with its end, and ``ellipsis`` before it."""
    if cells(text) <= width:
        return text
    mark = ellipsis if cells(ellipsis) <= width else ""
    room = width - cells(mark)
    begin = len(text)
    for start, _, taken in reversed(list(_clusters(text))):
        room -= taken
        if room < 0:
            break
        begin = start
    return mark + text[begin:]


def pad(text: str, width: int, *, ellipsis: str = ELLIPSIS) -> str:
    """``text`` in exactly ``width`` cells: cut off with an ellipsis, or filled up with spaces."""
    fitted = fit(text, width, ellipsis=ellipsis).rstrip(_ZWJ)
    return fitted + " " * (width - cells(fitted))
