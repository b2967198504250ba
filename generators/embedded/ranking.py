"""How much each sentence says of its document: tf-idf over character n-grams, centroid, LexRank, title and position.

Character n-grams work in every script and need no stop words. numpy is imported where it is used: only the child
processes that write load it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any

SIZES = (3, 4, 5)
CENTROID, LEXRANK, TITLE, POSITION = 0.55, 0.25, 1.0, 0.9
POSITION_DECAY = 0.35
ROUNDS = 12  # of LexRank's iteration; it has settled by then
DAMPING = 0.85


@dataclass(frozen=True, slots=True)
class Ranking:
    """Per sentence its worth, and how alike each two are (cosine, 0 to 1), likewise to the title."""

    worth: tuple[float, ...]
    alike: tuple[tuple[float, ...], ...]
    to_title: tuple[float, ...]


def rank(sentences: Sequence[str], title: str) -> Ranking:
    """The worth of each of *sentences*, which come in the order of their document, under its *title*."""
    import numpy as np

    if not sentences:
        return Ranking((), (), ())
    likeness = _likeness([*sentences, title])
    among, to_title = likeness[:-1, :-1], likeness[:-1, -1]
    position = POSITION / (1 + POSITION_DECAY * np.arange(len(sentences)))
    worth = CENTROID * among.mean(axis=1) + LEXRANK * _lexrank(among) + TITLE * to_title + position
    return Ranking(
        tuple(round(float(value), 6) for value in worth),
        tuple(tuple(float(value) for value in row) for row in among),
        tuple(float(value) for value in to_title),
    )


def spread(
    worth: Sequence[float],
    alike: Sequence[Sequence[float]],
    count: int,
    *,
    taken: Sequence[int] = (),
    allowed: Sequence[int] | None = None,
    balance: float = 0.63,
) -> list[int]:
    """Up to *count* indexes by maximal marginal relevance: worthy, and unlike each other and those *taken*."""
    pool = [index for index in (range(len(worth)) if allowed is None else allowed) if index not in taken]
    chosen: list[int] = []
    while pool and len(chosen) < count:
        reference = [*taken, *chosen]
        best = max(
            pool,
            key=lambda index: (
                balance * worth[index] - (1 - balance) * max((alike[index][other] for other in reference), default=0.0),
                -index,
            ),
        )
        chosen.append(best)
        pool.remove(best)
    return chosen


@lru_cache(maxsize=4096)  # the same sentences meet in many shapes
def similarity(one: str, other: str) -> float:
    """How much of the shorter text's character n-grams the other shares, 0 to 1."""
    left, right = _gram_set(one), _gram_set(other)
    smaller = min(len(left), len(right))
    return len(left & right) / smaller if smaller else 0.0


@lru_cache(maxsize=512)
def _gram_set(text: str) -> frozenset[str]:
    return frozenset(_grams(text))


def _grams(text: str) -> list[str]:
    lowered = " ".join(text.lower().split())
    return [lowered[at : at + size] for size in SIZES for at in range(len(lowered) - size + 1)]


def _likeness(texts: Sequence[str]) -> Any:
    """Cosines between all *texts*. An n-gram of one text only matters to that text's length and gets no column."""
    import numpy as np

    counted = [Counter(_grams(text)) for text in texts]
    document_frequency = Counter(gram for counts in counted for gram in counts)
    shared = {gram: column for column, gram in enumerate(g for g, n in document_frequency.items() if n > 1)}
    size = len(texts)
    rarity = [log((1 + size) / (1 + count)) + 1 for count in range(size + 1)]
    matrix = np.zeros((size, max(1, len(shared))), dtype=np.float64)
    norms = np.ones(size)
    for row, counts in enumerate(counted):
        weights = {gram: count * rarity[document_frequency[gram]] for gram, count in counts.items()}
        columns = [shared[gram] for gram in weights if gram in shared]
        matrix[row, columns] = [weight for gram, weight in weights.items() if gram in shared]
        norms[row] = sum(weight * weight for weight in weights.values()) ** 0.5 or 1.0
    matrix /= norms[:, None]
    return np.clip(matrix @ matrix.T, 0.0, 1.0)


def _lexrank(likeness: Any) -> Any:
    import numpy as np

    size = len(likeness)
    edges = likeness - np.diag(np.diag(likeness))
    sums = edges.sum(axis=1, keepdims=True)
    steps = np.divide(edges, sums, out=np.full_like(edges, 1 / size), where=sums > 0)
    score = np.full(size, 1 / size)
    for _ in range(ROUNDS):
        score = (1 - DAMPING) / size + DAMPING * steps.T @ score
    return score / (score.max() or 1.0)
