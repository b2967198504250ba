"""Which sentences may be quoted at all, and which may stand alone."""

from __future__ import annotations

import re
import unicodedata

from domain.material import Material, MaterialKind
from domain.weighted_length import link_spans
from generators.claims import DISGUISED
from generators.embedded import boilerplate, words
from generators.embedded.language import unspaced_share
from generators.embedded.sentences import Sentence
from generators.verify import own_link

SHORTEST, LONGEST = 35, 420
SHORTEST_IN_SHORT = 20  # in documents that have little else
SHORTEST_UNSPACED, LONGEST_UNSPACED = 12, 140
FEWEST_LETTERS = 0.6  # of the characters of a sentence

_PILED = re.compile("[\u0300-\u036f]")  # what is left of them when all letters are composed
_ENDING = re.compile(r"[.!?…。！？।][\"'”’»«“」』)）]*$")
_LIST_LINE = re.compile(r"^(?:[-–—•*·▪►✓✔●○□]|\d{1,2}[.)]\s|[a-zA-Z][.)]\s|[QA][.:]\s|\[|\(\d)")
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("「", "」"), ("『", "』"), ("（", "）"))
_PAIR = re.compile(
    r".{0,40}\b(?:die beiden|the two of|the pair|tous deux|les deux|los dos|entrambi|os dois)\b", re.IGNORECASE
)
# "Das" before a noun is an article: "Das Potenzial", "Das neue Haus"; before a verb it points back: "Das hatte …".
_GERMAN_ARTICLE = re.compile(
    r"^(?:Das|Dem|Den)\s(?:(?!(?:hatte|wurde|würde|könnte|sollte|machte|sagte|wollte|musste|führte|zeigte|dürfte|werde)\b)"
    r"[a-zäöüß-]+(?:e|en|es|er)\s)?[A-ZÄÖÜ]"
)
_BEGINNING = re.compile(r"[\w„“\"«»‚‘’'「『¿¡–—$€£#]")
_NAMED = re.compile(r"[@＠﹫]\w")  # a handle, also one that was run together with the word before it, or an address
_PRICE = re.compile(r"\d\s?(?:€|euro\b|eur\b|\$|usd\b|£|zł|kr\b|₽|руб|円|元|원)|[€$£¥]\s?\d", re.IGNORECASE)
_BROKEN = re.compile(
    r"[<>|{}\\]|\s\.$|[^\W\d_]\s!$|[a-zß][A-ZÄÖÜ][a-z]+\s[A-Z]|\.\.\s|\s{2,}|\s[.,]\s|~|\d/\d{4}|^\(|^[A-ZÄÖÜ]{3,},\s"
    # UTF-8 that was read as something else, and what is left of a handle that was cut or hidden
    r"|\ufffd|â[\s€]|[ÃÂ][\x80-\xbf]|[@＠﹫](?:\s|$)"
)


def may_quote(sentence: Sentence, material: Material, language: str | None, *, short: bool = False) -> bool:
    """Whether *sentence* belongs to the story and can be repeated as it is. *short*: the document has little text."""
    text = sentence.text
    return (
        _has_length(text, short)
        and bool(_ENDING.search(text))
        and not text.rstrip("\"'”’»«“」』)）").endswith((":", "..."))
        and _mostly_letters(text)
        and balanced(text)
        and not _LIST_LINE.match(text)
        and not _BROKEN.search(text)
        and bool(_BEGINNING.match(text))
        and not text[:1].islower()
        and (material.kind is MaterialKind.TEXT or _is_story(text, material, language))
    )


def _is_story(text: str, material: Material, language: str | None) -> bool:
    """Whether *text* is neither chrome, nor an offer, nor an order; what the owner wrote may be each of them."""
    return is_safe(text, material) and not boilerplate.CHROME.search(text) and not is_advert(text, language)


def is_safe(text: str, material: Material) -> bool:
    """Whether *text* gives no orders, no wallet or contact, no handle, and no link but the material's own.

    Letters that only look different, wide ones and those of mathematics, are read as those that they stand for.
    """
    plain = text if text.isascii() else _plain(text)
    return _is_safe(text, material) and (plain == text or _is_safe(plain, material))


def _is_safe(text: str, material: Material) -> bool:
    if boilerplate.INJECTION.search(text) or _NAMED.search(text) or DISGUISED.search(text) or "://" in text:
        return False
    return all(own_link(text[start:end], material) for start, end in link_spans(text))


def _plain(text: str) -> str:
    """*text* without letters of compatibility, and without marks piled on letters that they make no letter of."""
    composed = unicodedata.normalize("NFKC", text)
    return _PILED.sub("", unicodedata.normalize("NFKD", composed)) if _PILED.search(composed) else composed


def is_advert(text: str, language: str | None) -> bool:
    """Whether *text* sells: an offer, or an exclamation to the reader."""
    if boilerplate.ADVERT.search(text):
        return True
    spoken_to = words.table(boilerplate.SECOND_PERSON, language) & set(words.words_of(unquoted(text)))
    return bool(spoken_to) and (text.rstrip().endswith(("!", "！")) or bool(_PRICE.search(text)))


def speaks_as_first_person(text: str, language: str | None) -> bool:
    """Whether *text* says I or we outside a quotation: in a post it would be the account speaking."""
    outside = unquoted(text)
    listed = words.table(words.FIRST_PERSON, language)
    if language in words.UNSPACED_ANAPHORA:
        return any(word in outside for word in listed)
    return bool(listed & set(words.words_of(outside)))


def unquoted(text: str) -> str:
    """*text* without what it quotes, where it says who speaks: a quotation alone is not attributed."""
    rest = boilerplate.QUOTED.sub(" ", text)
    return rest if len(words.words_of(rest)) >= 2 or (words.UNSPACED_ANAPHORA and unspaced_share(rest)) else text


def stands_alone(sentence: Sentence, language: str | None) -> bool:
    """Whether *sentence* can open a post: it does not lean on one before, and is not a question or a bare quotation."""
    text = sentence.text
    if leans_back(text, language) or text.endswith(("?", "？", "؟")):
        return False
    return not (text[:1] in '„“"«»‘‚「『–—' and unquoted(text) == text)


def leans_back(text: str, language: str | None) -> bool:
    """Whether *text* begins with a word that points to something said before."""
    bare = text.lstrip("„“\"«»‘‚'(「『–— ")
    unspaced = words.UNSPACED_ANAPHORA.get(language or "")
    if unspaced:
        return bare.startswith(tuple(unspaced.split()))
    found = words.words_of(bare)[:4]
    if not found:
        return True
    listed = words.table(words.ANAPHORA, language)
    beginnings = {"-".join(found[:count]) for count in range(1, len(found) + 1)}
    if _PAIR.match(bare):
        return True
    if beginnings & words.IMPERSONAL or (language == "de" and _GERMAN_ARTICLE.match(bare)):
        return False
    return bool(beginnings & listed) or found[0].split("'")[0] in listed


def balanced(text: str) -> bool:
    """Whether every bracket and quotation mark of *text* is closed."""
    german = text.count("„")
    if german and german != text.count("“") + text.count("”"):
        return False
    if not german and text.count("“") != text.count("”"):
        return False
    if text.count('"') % 2:
        return False
    pairs = _PAIRS[1:]
    return all(text.count(opening) == text.count(closing) for opening, closing in pairs) and text.count(
        "‚"
    ) <= text.count("‘")


def _has_length(text: str, short: bool) -> bool:
    if unspaced_share(text) > 0.5:
        return SHORTEST_UNSPACED <= len(text) <= LONGEST_UNSPACED
    return (SHORTEST_IN_SHORT if short else SHORTEST) <= len(text) <= LONGEST


def _mostly_letters(text: str) -> bool:
    visible = [character for character in text if not character.isspace()]
    return sum(character.isalpha() for character in visible) >= FEWEST_LETTERS * len(visible)
