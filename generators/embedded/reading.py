"""One material as the writer sees it: its headline, its sentences worth quoting, and how they rank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from domain.material import Material, MaterialKind
from generators.embedded import filters, words
from generators.embedded.boilerplate import SECOND_PERSON
from generators.embedded.language import language_of, unspaced_share
from generators.embedded.ranking import rank, similarity
from generators.embedded.sentences import Sentence, split
from generators.embedded.titles import headline

CONSIDERED = 70  # sentences of a document; what matters of a longer one stands in its beginning
SHORT_DOCUMENT = 4  # quotable sentences; with fewer, shorter ones are admitted
SAME = 0.62  # shared character n-grams from which two texts say the same
SAME_AS_TITLE = 0.5  # a headline is short: half of it is its subject
LONG_SENTENCE = 200

ANAPHORIC, ASKING, QUOTING, FIRST, SECOND, DASHED, LONG, UNINTRODUCED = 0.45, 0.3, 0.2, 0.6, 0.25, 0.1, 0.15, 0.4
FIGURE = 0.06

_FULL_NAME = re.compile(
    r"(?<![.\w])(?=([A-ZÀ-ÝА-Я][\w’'-]+)\s(?:(?:[A-Z]\.|de|van|von|der|del|da|di|al|bin)\s)*([A-ZÀ-ÝА-Я][\w’'-]{2,}))"
)
EARLY = 6  # words


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that may be quoted. *worth* ranks it, *alone* says it can open a post or a part."""

    sentence: Sentence
    index: int
    worth: float
    alone: bool
    first_person: bool


@dataclass(frozen=True)
class Reading:
    """A material read: everything the frames choose from."""

    material: Material
    language: str | None
    title: tuple[int, int] | None
    quotes: tuple[Quote, ...]
    alike: tuple[tuple[float, ...], ...]

    @property
    def title_text(self) -> str:
        return self.material.title[self.title[0] : self.title[1]] if self.title else ""

    @cached_property
    def speakable(self) -> tuple[Quote, ...]:
        """The quotes that put no first person into the account's mouth, best first."""
        return tuple(sorted((q for q in self.quotes if not q.first_person), key=lambda q: (-q.worth, q.index)))

    @cached_property
    def openers(self) -> tuple[Quote, ...]:
        """The quotes that can open a post, best first."""
        return tuple(quote for quote in self.speakable if quote.alone)

    @cached_property
    def unspaced(self) -> bool:
        return unspaced_share(self.material.text[:500]) > 0.5

    def repeats_title(self, text: str) -> bool:
        """Whether *text* says what the headline says."""
        return bool(self.title) and similarity(self.title_text, text) >= SAME_AS_TITLE

    def repeats(self, one: Quote, other: Quote) -> bool:
        """Whether two quotes say the same."""
        return similarity(one.sentence.text, other.sentence.text) >= SAME


def read(material: Material) -> Reading:
    """Read *material*: language, headline, and the sentences that may be quoted, ranked."""
    language = language_of(material)
    title = headline(material)
    if title and filters.speaks_as_first_person(material.title[title[0] : title[1]], language):
        title = None
    title_text = material.title[title[0] : title[1]] if title else ""
    kept = _quotable(material, language, title_text)
    ranking = rank([sentence.text for sentence in kept], title_text or material.title)
    introduced = _introduced(material.text, language)
    own = material.kind is MaterialKind.TEXT
    quotes = tuple(
        _quote(
            Quote(sentence, index, ranking.worth[index], alone=True, first_person=not own),
            language,
            _needs_introduction(sentence, introduced, title_text),
        )
        for index, sentence in enumerate(kept)
    )
    return Reading(material, language, title, quotes, ranking.alike)


def _quotable(material: Material, language: str | None, title: str) -> list[Sentence]:
    everything = split(material.text)
    fit = (sentence for sentence in everything if filters.may_quote(sentence, material, language))
    kept = list(islice(fit, CONSIDERED))
    if len(kept) < SHORT_DOCUMENT:
        kept = [sentence for sentence in everything if filters.may_quote(sentence, material, language, short=True)]
    seen: set[str] = set()
    once: list[Sentence] = []
    for sentence in kept:
        key = sentence.text.casefold()
        if key not in seen and key.rstrip(".!?") != title.casefold().rstrip(".!?"):
            seen.add(key)
            once.append(sentence)
    return once


def _quote(found: Quote, language: str | None, unintroduced: bool) -> Quote:
    """*found* weighed: what speaks against its sentence lowers its worth. The owner's own first person may stay."""
    text = found.sentence.text
    first = found.first_person and filters.speaks_as_first_person(text, language)
    alone = filters.stands_alone(found.sentence, language) and not unintroduced and not _early_pronoun(text, language)
    leans = filters.leans_back(text, language) or _early_pronoun(text, language)
    second = bool(words.table(SECOND_PERSON, language) & set(words.words_of(filters.unquoted(text))))
    penalties = (
        ANAPHORIC * leans
        + ASKING * text.endswith(("?", "？", "؟"))
        + QUOTING * (text[:1] in '„“"«‚‘「')
        + FIRST * first
        + SECOND * second
        + DASHED * bool(re.search(r"[—–]|--", text))
        + LONG * (len(text) > LONG_SENTENCE)
        + UNINTRODUCED * unintroduced
    )
    figure = FIGURE * bool(re.search(r"\d", text))
    return Quote(found.sentence, found.index, round(found.worth - penalties + figure, 6), alone, first)


def _early_pronoun(text: str, language: str | None) -> bool:
    """Whether a pronoun comes before anything that it could stand for, as in "When she was young, Ada …"."""
    listed = words.table(words.EARLY, language)
    beginning = re.findall(r"[\w’']+", text)[:EARLY]
    if words.LINKS & set(beginning):
        return True
    for at, word in enumerate(beginning):
        if word.lower() in listed:
            return True
        if at > 0 and word[:1].isupper() and language != "de":
            return False
    return False


def _introduced(text: str, language: str | None) -> dict[str, int]:
    """Where each surname first stands beside a first name.

    A word that the text also writes small is no first name; in German, which writes every noun large, pairs at the
    beginning of a sentence are left out too.
    """
    text = text[:20_000]
    small = set(re.findall(r"(?<!\w)[^\W\d_A-Z]\w+", text))
    found: dict[str, int] = {}
    for match in _FULL_NAME.finditer(text):
        opens = not text[: match.start()].rstrip()[-1:].isalpha()
        if match.group(1).lower() not in small and not (language == "de" and opens):
            found.setdefault(match.group(2), match.start())
    return found


def _needs_introduction(sentence: Sentence, introduced: dict[str, int], title: str) -> bool:
    """Whether *sentence* uses a surname alone that an earlier sentence introduced in full."""
    full = {match.group(2) for match in _FULL_NAME.finditer(sentence.text)}
    names = set(re.findall(r"[A-ZÀ-ÝА-Я][\w-]{2,}", sentence.text)) - full
    return any(
        introduced.get(name.removesuffix("s"), introduced.get(name, sentence.start)) < sentence.start
        and name.removesuffix("s") not in title
        for name in names
    )
