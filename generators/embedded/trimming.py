"""Shortening by leaving out: what remains is the source's own words in their order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from domain.weighted_length import weighted_length
from generators.embedded.sentences import Sentence
from generators.embedded.words import PROTECTED, table, words_of

_BRACKETS = re.compile(r"\s(?:\([^()]*\)|\[[^\[\]]*\])(?=[\s.,;:!?]|$)|（[^（）]*）")
_DASHES = re.compile(r"\s[–—-]\s[^–—]{3,120}?\s[–—-](?=\s)|—[^—]{3,120}?—")
_REFERENCE = re.compile(r"\s?[(\[]\d{1,3}(?:[,–-]\s?\d{1,3})*[)\]](?=[.,;]?(?:\s|$))")
_LEADING = re.compile(r"^[^\W\d_]+(?:\s[^\W\d_]+)?[,，]\s")
_TRAILING = {
    "en": r",\s(?:which|who|whose|where|whereas|while|including|adding|noting)\b[^,]*(?=[.!]$)",
    "de": r",\s(?:wobei|während|wodurch|weshalb|darunter|nachdem|indem|womit)\b[^,]*(?=[.!]$)",
    "fr": r",\s(?:dont|où|tandis que|alors que|notamment)\b[^,]*(?=[.!]$)",
    "es": r",\s(?:donde|cuyo|cuya|mientras|incluyendo|entre ellos)\b[^,]*(?=[.!]$)",
    "it": r",\s(?:dove|mentre|tra cui|il cui|la cui)\b[^,]*(?=[.!]$)",
    "pt": r",\s(?:onde|enquanto|incluindo|cujo|cuja)\b[^,]*(?=[.!]$)",
    "nl": r",\s(?:waarbij|terwijl|waaronder|waardoor|waarmee)\b[^,]*(?=[.!]$)",
    "pl": r",\s(?:podczas gdy|w tym|przy czym)\b[^,]*(?=[.!]$)",
    "sv": r",\s(?:där|medan|däribland|varav)\b[^,]*(?=[.!]$)",
    "no": r",\s(?:der|mens|blant annet|hvorav)\b[^,]*(?=[.!]$)",
    "ru": r",\s(?:где|тогда как|в том числе)\b[^,]*(?=[.!]$)",
}
HALF = 0.5  # of the sentence stays before a trailing clause that is left out


def trimmed(sentence: Sentence, language: str | None, limit: int) -> Sentence | None:
    """*sentence* cut to *limit* weighted characters by deletion alone, or None if that cannot be done.

    A part that holds a negation, condition, hedge or attribution is never deleted.
    """
    for shorten in (_unchanged, _without_dashes, _without_brackets, _without_trailing, _without_leading):
        sentence = shorten(sentence, language)
        if weighted_length(sentence.text) <= limit:
            return sentence
    return None


def without_asides(sentence: Sentence, language: str | None) -> Sentence:
    """*sentence* without the asides between dashes and in brackets that may go."""
    return _without_brackets(_without_dashes(sentence, language), language)


def without_references(sentence: Sentence) -> Sentence:
    """*sentence* without the numbers of footnotes, as in "(1)" and "[2, 3]"."""
    for match in reversed(list(_REFERENCE.finditer(sentence.text))):
        sentence = _left_out(sentence, match.start(), match.end())
    return sentence


def _unchanged(sentence: Sentence, language: str | None) -> Sentence:  # noqa: ARG001 — one signature for all steps
    return sentence


def _without_dashes(sentence: Sentence, language: str | None) -> Sentence:
    return _cut(sentence, _DASHES, language)


def _without_brackets(sentence: Sentence, language: str | None) -> Sentence:
    return _cut(sentence, _BRACKETS, language)


def _without_leading(sentence: Sentence, language: str | None) -> Sentence:
    return _cut(sentence, _LEADING, language)


def _without_trailing(sentence: Sentence, language: str | None) -> Sentence:
    pattern = _TRAILING.get(language or "")
    if pattern is None:
        return sentence
    return _cut(sentence, re.compile(pattern), language, lambda match: match.start() >= HALF * len(sentence.text))


def _cut(
    sentence: Sentence, pattern: re.Pattern[str], language: str | None, when: Callable[[re.Match[str]], bool] = bool
) -> Sentence:
    """*sentence* without the matches of *pattern* that hold no protected word."""
    for match in reversed(list(pattern.finditer(sentence.text))):
        if when(match) and not _protects(match.group(), language):
            sentence = _left_out(sentence, match.start(), match.end())
    return sentence


def _protects(part: str, language: str | None) -> bool:
    listed = table(PROTECTED, language)
    if not listed:  # a language whose hedges are not known keeps every word
        return True
    return bool(listed & set(words_of(part))) or any(mark in part for mark in '„“”"«»')


def _left_out(sentence: Sentence, start: int, end: int) -> Sentence:
    """*sentence* without its characters from *start* to *end*."""
    spans: list[tuple[int, int]] = []
    at = 0
    for first, last in sentence.spans:
        size = last - first
        pieces = ((0, max(0, min(size, start - at))), (max(0, min(size, end - at)), size))
        spans.extend((first + begin, first + finish) for begin, finish in pieces if begin < finish)
        at += size
    return replace(sentence, text=sentence.text[:start] + sentence.text[end:], spans=tuple(_merged(spans)))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
