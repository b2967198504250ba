"""Which passages of what was read answer the questions. Pure, and slow: called in a process of its own.

A passage is a sentence of a page, with those after it in its paragraph as far as they can be quoted too. Sentences that
give orders, an address or a handle, that sell, or that belong to the page and not to its story, are no passages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.material import Material
from generators.embedded.filters import leans_back, may_quote
from generators.embedded.language import language_of
from generators.embedded.ranking import rank, similarity, spread
from generators.embedded.sentences import Sentence, split

FROM_ONE = 80  # sentences of one page that are looked at
PREFERRED = 60  # sentences that are weighed for one question
FOR_ONE = 4  # passages for one question
LONGEST = 300  # characters of a passage
FEWEST_SHARED = 0.25  # of a question's n-grams, in a sentence that may answer it
LEAST = 0.05  # the cosine below which a sentence has nothing to do with a question
SAME = 0.8  # of the shorter one's n-grams: two passages that say the same


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of *material* as they stand there, *span* of its text, that answer the question of that index."""

    material: Material
    span: tuple[int, int]
    question: int

    @property
    def text(self) -> str:
        return self.material.text[slice(*self.span)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    material: Material
    sentence: Sentence
    span: tuple[int, int]


def passages_of(materials: Sequence[Material], questions: Sequence[str]) -> tuple[Passage, ...]:
    """Give up to four passages for each question, the best first; none of them twice."""
    candidates = [each for material in materials for each in _candidates(material)]
    found: list[Passage] = []
    for number, question in enumerate(questions):
        for each in _best(candidates, question):
            passage = Passage(each.material, each.span, number)
            if not any(similarity(passage.text, other.text) >= SAME for other in found):
                found.append(passage)
    return tuple(found)


def _best(candidates: Sequence[_Candidate], question: str) -> list[_Candidate]:
    """Weigh the candidates that share words with *question*, and take worthy ones that differ from each other."""
    near = [(similarity(question, _told(each)), at) for at, each in enumerate(candidates)]
    pool = sorted((each for each in near if each[0] >= FEWEST_SHARED), reverse=True)[:PREFERRED]
    kept = [candidates[at] for _, at in sorted(pool, key=lambda each: each[1])]
    if not kept:
        return []
    ranking = rank([_told(each) for each in kept], question)
    alone = [0.0 if not leans_back(each.sentence.text, None) else 0.05 for each in kept]
    worth = [near_ - minus for near_, minus in zip(ranking.to_title, alone, strict=True)]
    allowed = [at for at, value in enumerate(worth) if value >= LEAST]
    return [kept[at] for at in spread(worth, ranking.alike, FOR_ONE, allowed=allowed)]


def _told(candidate: _Candidate) -> str:
    """A sentence says what it says under its page's title: "It costs 3 euros" under "The new ferry"."""
    return f"{candidate.material.title[:100]} {candidate.sentence.text}"


def _candidates(material: Material) -> list[_Candidate]:
    language = language_of(material)
    sentences = split(material.text)[: 4 * FROM_ONE]
    fit = [may_quote(sentence, material, language) for sentence in sentences]
    if not any(fit):
        fit = [may_quote(sentence, material, language, short=True) for sentence in sentences]
    found: list[_Candidate] = []
    for at, sentence in enumerate(sentences):
        if fit[at] and len(found) < FROM_ONE:
            found.append(_Candidate(material, sentence, (sentence.start, _end(sentences, fit, at))))
    return found


def _end(sentences: Sequence[Sentence], fit: Sequence[bool], at: int) -> int:
    """Give where the passage ends that begins with a sentence: as long as the next ones go on with it."""
    first, end = sentences[at], sentences[at].end
    for following in range(at + 1, len(sentences)):
        each = sentences[following]
        if each.line != first.line or not fit[following] or each.end - first.start > LONGEST:
            break
        end = each.end
    return end
