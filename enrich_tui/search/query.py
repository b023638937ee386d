"""What is looked for: words and phrases, compared without case, accents and typographic forms."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import accumulate
from typing import NamedTuple, Self

from enrich_tui.stages.summarize.language import is_dense

_TYPOGRAPHIC = dict.fromkeys("‘’‚‛ʼ", "'") | dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‐‑‒–—", "-")
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SOLID = re.compile(r"[^\W_]+")
_AT_ITS_END = ".,;:!?"
_PAGES = ("latin-1", "cp1252", "cp1251", "cp1250", "cp1253")
"""Western, Cyrillic, Central European, Greek: text that one of them can write is folded ten times as fast by it."""


class _Folds(dict[int, str]):
    """What becomes of a code point, found out when it is first met; see ``str.translate``."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        self[code] = folded = _TYPOGRAPHIC.get(character) or "".join(
            one for one in plain if not (unicodedata.combining(one) or unicodedata.category(one) == "Cf")
        )
        return folded


_FOLDS = _Folds()


def fold(text: str) -> str:
    """``text`` as it is compared, character by character: ``fold(a + b) == fold(a) + fold(b)``.

    >>> fold("Straße — “Économie”")
    'strasse - "economie"'
    """
    for codec in _PAGES if not text.isascii() else ():
        with suppress(UnicodeEncodeError):
            data, page = text.encode(codec), _page(codec)
            if any(one in text for one in page.beyond):
                break
            data = data.translate(page.table)
            for one, more in page.several.items():
                data = data.replace(one, more)
            return data.decode(codec)
    return text.translate(_FOLDS)


class _Page(NamedTuple):
    """What becomes of each byte of a code page."""

    table: bytes
    several: dict[bytes, bytes]
    """What becomes of bytes that become none, or more than one."""
    beyond: str
    """Characters that become something which the code page does not have."""


@cache
def _page(codec: str) -> _Page:
    table, several, beyond = bytearray(range(256)), {}, ""
    for byte in range(256):
        character = bytes([byte]).decode(codec, "ignore")
        folded = character.translate(_FOLDS)
        plain = folded.encode(codec, "ignore")
        if len(plain) < len(folded):
            beyond += character
        elif len(plain) == 1:
            table[byte] = plain[0]
        elif character:
            several[bytes([byte])] = plain
    return _Page(bytes(table), several, beyond)


def unfold(text: str, offsets: Iterable[int]) -> list[int]:
    """Where offsets into ``fold(text)`` are in ``text``. One within a character, or before marks, is behind them."""
    if text.isascii():
        return list(offsets)
    lengths = [len(_FOLDS[ord(character)]) for character in text]
    starts = list(accumulate(lengths, initial=0))
    found = []
    for offset in offsets:
        at = bisect_left(starts, offset)
        while offset and at < len(text) and not lengths[at]:
            at += 1
        found.append(at)
    return found


class Occurrence(NamedTuple):
    """A place in folded text where a term stands."""

    start: int
    end: int
    term: int
    """Index into :attr:`Query.terms`."""


class Query:
    """Terms of which all are wanted near each other. A term is a word, or the words of a quoted phrase.

    A word is found where a word begins with it: ``budget`` in *budgets*, not in *rebudget*. Between the words of a
    phrase there may be any spaces and punctuation. Signs at the end of a word (``budget?``) do not count.
    """

    def __init__(self, terms: Iterable[tuple[str, ...]]) -> None:
        self.terms = tuple(dict.fromkeys(terms))
        """Folded."""
        self._patterns = [re.compile(r"[\W_]+".join(map(re.escape, words))) for words in self.terms]
        self._parts = {part for words in self.terms for word in words for part in _SOLID.findall(word)}

    def __bool__(self) -> bool:
        """False where there is nothing to look for."""
        return bool(self.terms)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a person typed: ``budget "next year"``. A quotation mark that is not closed reaches to the end."""
        terms = []
        for quoted, word in _TERM.findall(fold(text)):
            words = [stripped for one in (quoted or word).split() if (stripped := one.rstrip(_AT_ITS_END))]
            if any(map(_SOLID.search, words)):
                terms.append(tuple(words))
        return cls(terms)

    @classmethod
    def of(cls, arguments: Iterable[str]) -> Self:
        """Read the arguments of a command line, of which a shell has taken the quotes: one with a space is a phrase."""
        return cls.parse(" ".join(f'"{one}"' if len(one.split()) > 1 and '"' not in one else one for one in arguments))

    def may_be_in(self, text: str) -> bool:
        """False where a text, whatever its form (JSON, subtitles), cannot hold all terms. Quick."""
        folded = fold(text)
        return all(part in folded for part in self._parts)

    def occurrences(self, folded: str) -> list[Occurrence]:
        """Where the terms stand, in order."""
        return sorted(one for term in range(len(self.terms)) for one in self._of_term(term, folded))

    def _of_term(self, term: int, folded: str) -> Iterator[Occurrence]:
        for match in self._patterns[term].finditer(folded):
            start = match.start()
            first = folded[start]
            if start == 0 or not (first.isalnum() and folded[start - 1].isalnum()) or is_dense(first):
                yield Occurrence(start, match.end(), term)
