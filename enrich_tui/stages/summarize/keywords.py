"""The words and pairs of words that a session keeps coming back to."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from enrich_tui.stages.summarize.language import is_dense, stem, tokens


def keywords(texts: Sequence[str], stop: Collection[str], count: int = 8) -> tuple[str, ...]:
    """Up to ``count`` keywords, strongest first: often used, in many places, pairs before their parts."""
    single: Counter[str] = Counter()
    spread: defaultdict[str, set[int]] = defaultdict(set)
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    pairs: Counter[tuple[str, str]] = Counter()
    pair_forms: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    blocks = max(1, len(texts) // 20)
    for index, text in enumerate(texts):
        dense = is_dense(text)
        words = [bare(word) for word in text.split()] if not dense else tokens(text)
        if words and words[0][1:].islower():  # its capital is the sentence's
            words[0] = words[0].lower()
        previous: tuple[str, str] | None = None
        for word in words:
            key = stem(word.lower())
            if not (word.isalpha() and word not in stop if dense else usable(word, stop)):
                previous = None
                continue
            if not dense:
                single[key] += 1
                forms[key][word] += 1
                spread[key].add(index // blocks)
            if previous is not None and previous[0] != key:
                pair = (previous[0], key)
                pairs[pair] += 1
                pair_forms[pair][previous[1] + ("" if dense else " ") + word] += 1
            previous = (key, word)
    scores: dict[tuple[str, ...], float] = {
        (key,): times * (1 + math.log(len(spread[key]))) * min(1.0, len(key) / 5) for key, times in single.items()
    }
    for pair, times in pairs.items():
        if times >= 2:
            scores[pair] = 1.6 * times * (1 + math.log(times))
    chosen: list[tuple[str, ...]] = []
    floor = 2 if sum(single.values()) > 60 else 1
    for parts in sorted(scores, key=lambda parts: (-scores[parts], parts)):
        if len(chosen) == count:
            break
        times = single[parts[0]] if len(parts) == 1 else pairs[parts[0], parts[1]]
        if times >= floor and not any(set(parts) & set(other) for other in chosen):
            chosen.append(parts)
    return tuple(spelling(forms[parts[0]] if len(parts) == 1 else pair_forms[parts[0], parts[1]]) for parts in chosen)


def bare(word: str) -> str:
    """A word without the marks around it, and without a possessive."""
    word = word.replace("’", "'").strip("\"'“”«»()[]{}<>.,;:!?…¿¡*_`~|/\\—–-")
    return word.removesuffix("'s")


def usable(word: str, stop: Collection[str]) -> bool:
    """True where a word can carry a subject."""
    low = word.lower()
    plain = low.replace("-", "").replace("'", "")
    return len(low) >= 3 and plain.isalpha() and low not in stop and low.rsplit("'", 1)[-1] not in stop


def spelling(forms: Counter[str]) -> str:
    """The commonest spelling; in small letters unless it is written with capitals most of the time."""
    word, times = forms.most_common(1)[0]
    low = word.lower()
    if word != low and forms[low] * 2 < times:
        return word
    return low if low in forms else word
