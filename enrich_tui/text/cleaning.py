"""Removes from outside text whatever a terminal would obey, whatever cannot be seen, and whatever breaks measuring.

A terminal acts on escape sequences wherever they come from: a title can set the clipboard. Text is cleaned once, where
it becomes a model object; raw values are kept for the names of files only.
"""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MARKS = 4
"""Combining marks that one base character may carry; the longest in living orthographies."""

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_STRING_INTRODUCERS = r"\x90\x98\x9d-\x9f"

# ECMA-48: control strings (OSC, DCS, SOS, PM, APC and the title sequence of screen) up to their terminator, control
# sequences (CSI), then all other escape sequences. A string without a terminator loses its introducer only, so that a
# stray one does not swallow a whole title.
_SEQUENCES = re.compile(
    rf"(?:\x1b[\]PX^_k]|[{_STRING_INTRODUCERS}])[^\x07\x1b\x9c{_STRING_INTRODUCERS}]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile("\r\n?|[\v\f\u2028\u2029]")

# Not of category Cf, and yet invisible: grapheme joiner, Hangul and Khmer fillers, Mongolian and other variation
# selectors. The emoji selector (U+FE0F) goes as well: terminals disagree about the width that it makes.
_INVISIBLE = frozenset(
    (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0)
) | frozenset(range(0xE0100, 0xE01F0))
_ALM = 0x061C


class _Kept(dict[int, int | str | None]):
    """What becomes of a code point, found out when it is first met; see ``str.translate``."""

    def __missing__(self, code: int) -> int | str | None:
        self[code] = kept = self._judge(code)
        return kept

    @staticmethod
    def _judge(code: int) -> int | str | None:
        if chr(code) in {"\n", _ZWNJ, _ZWJ}:
            return code
        if code == ord("\t"):
            return " "
        if code in _INVISIBLE:
            return None
        match unicodedata.category(chr(code)):
            case "Cc":
                return None
            case "Cf":
                # the signs that span Arabic and Syriac numbers are visible
                return code if 0x0600 <= code <= 0x08FF and code != _ALM else None
            case "Cs" | "Co":
                return REPLACEMENT
            case "Cn":
                # pictographs and ideographs younger than this Python's tables have a known width
                return code if 0x1F300 <= code <= 0x1FAFF or 0x20000 <= code <= 0x3FFFD else REPLACEMENT
            case _:
                return code


_KEPT = _Kept()


def clean(text: str | bytes, limit: int | None = None, *, multiline: bool = False) -> str:
    """Make outside text safe to show, as one line unless ``multiline``. Idempotent; never raises.

    Escape sequences, control, bidi and invisible characters go; line ends and tabs become a space each (``multiline``
    keeps line ends as ``\\n``); lone surrogates (file names that are no text), private and unassigned characters become
    U+FFFD; more than :data:`MARKS` combining marks on one character go. Zero-width joiners stay only where Arabic or
    Indic scripts need them for spelling; joined emoji come apart. At most ``limit`` characters are left, the last one
    then being an ellipsis. Bytes are read as UTF-8.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not text.isprintable() or not text.isascii():
        text = _SEQUENCES.sub("", text)
        text = _LINE_ENDS.sub("\n", text)
        if not multiline:
            text = text.replace("\n", " ")
        text = text.translate(_KEPT)
        if not text.isascii():
            text = _tame(text)
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)].rstrip(_ZWNJ + _ZWJ) + ELLIPSIS if limit > 0 else ""
    return text


def _tame(text: str) -> str:
    """Drop joiners that join nothing, and bound the marks on a character."""
    if unicodedata.is_normalized("NFC", text) and _ZWJ not in text and _ZWNJ not in text and not _has_marks(text):
        return text
    kept: list[str] = []
    marks = 0
    for index, character in enumerate(text):
        if character in {_ZWNJ, _ZWJ}:
            if kept and _joins(kept[-1]) and _spells(text[index + 1 : index + 2]):
                kept.append(character)
            continue
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= MARKS:
            kept.append(character)
    return "".join(kept)


def _has_marks(text: str) -> bool:
    return any(unicodedata.category(character) in {"Mn", "Me"} for character in text if character > "\u02ff")


def _spells(character: str) -> bool:
    """True for the letters of the scripts from Arabic to Myanmar."""
    return "\u0600" <= character <= "\u109f" and unicodedata.category(character) == "Lo"


def _joins(character: str) -> bool:
    return _spells(character) or unicodedata.category(character) in {"Mn", "Mc", "Me"}
