"""Which sentences matter: a graph of sentences that share rare words, walked at random, then cut of repetitions.

TextRank (Mihalcea and Tarau 2004) over tf-idf cosine (as in LexRank, Erkan and Radev 2004), selection by maximal
marginal relevance (Carbonell and Goldstein 1998). The graph is sparse: a sentence keeps its strongest neighbours only,
and a word that is nearly everywhere links nothing, so that time and memory grow with the length of the text.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

NEIGHBOURS = 16
POSTINGS = 250
"""A word in more sentences than this links none of them."""
DAMPING = 0.85

Vector = dict[str, float]


def vectors(bags: Sequence[Sequence[str]]) -> list[Vector]:
    """Unit tf-idf vectors of bags of words; ``(1 + ln tf) * ln(1 + n / df)``."""
    spread = Counter(word for bag in bags for word in set(bag))
    count = len(bags)
    made: list[Vector] = []
    for bag in bags:
        vector = {
            word: (1 + math.log(times)) * math.log(1 + count / spread[word]) for word, times in Counter(bag).items()
        }
        norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        made.append({word: value / norm for word, value in vector.items()})
    return made


def cosine(one: Vector, other: Vector) -> float:
    """Likeness of two unit vectors, 0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other[word] for word, value in one.items() if word in other)


def centrality(sentences: Sequence[Vector], rounds: int = 30) -> list[float]:
    """How central each sentence is, 0 to 1 (1 for the most central one)."""
    count = len(sentences)
    if not count:
        return []
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for index, vector in enumerate(sentences):
        for word in vector:
            postings[word].append(index)
    links: list[list[tuple[int, float]]] = []
    for index, vector in enumerate(sentences):
        near: defaultdict[int, float] = defaultdict(float)
        for word, value in vector.items():
            where = postings[word]
            if len(where) <= POSTINGS:
                for other in where:
                    near[other] += value * sentences[other][word]
        near.pop(index, None)
        best = sorted(near.items(), key=lambda pair: -pair[1])[:NEIGHBOURS]
        total = sum(likeness for _, likeness in best)
        links.append([(other, likeness / total) for other, likeness in best])
    ranks = [1.0 / count] * count
    for _ in range(rounds):
        fresh = [(1 - DAMPING) / count] * count
        loose = 0.0
        for index, targets in enumerate(links):
            if not targets:
                loose += ranks[index]
            for other, share in targets:
                fresh[other] += DAMPING * ranks[index] * share
        spread = DAMPING * loose / count
        fresh = [rank + spread for rank in fresh]
        moved = sum(abs(new - old) for new, old in zip(fresh, ranks, strict=True))
        ranks = fresh
        if moved < 1e-6:
            break
    top = max(ranks)
    return [rank / top for rank in ranks]


def select(
    scores: Sequence[float],
    sentences: Sequence[Vector],
    places: Sequence[float],
    count: int,
    *,
    among: Collection[int],
    taken: Sequence[int] = (),
    relevance: float = 0.7,
) -> list[int]:
    """Up to ``count`` indices of high scores that repeat neither each other nor ``taken``, spread over the session.

    ``places`` are positions 0 to 1. Only the best few hundred candidates are compared with each other.
    """
    candidates = sorted(among, key=lambda index: -scores[index])[: max(200, 20 * count)]
    top = max((scores[index] for index in candidates), default=0.0) or 1.0
    chosen: list[int] = []
    penalty = dict.fromkeys(candidates, 0.0)
    reach = 1 / max(1, count)

    def punish(by: int) -> None:
        for index in candidates:
            likeness = cosine(sentences[index], sentences[by])
            closeness = max(0.0, 1 - abs(places[index] - places[by]) / reach)
            penalty[index] = max(penalty[index], likeness + 0.25 * closeness if likeness < 0.6 else math.inf)

    for index in taken:
        punish(index)
    while candidates and len(chosen) < count:
        best = max(candidates, key=lambda index: relevance * scores[index] / top - (1 - relevance) * penalty[index])
        if penalty[best] == math.inf:
            break
        candidates.remove(best)
        chosen.append(best)
        punish(best)
    return chosen
