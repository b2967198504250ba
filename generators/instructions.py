"""A query that asks for a post, and tells nothing that a post could say: what of it must not be quoted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from domain.errors import WriterError
from domain.material import Material, MaterialKind
from generators.embedded.sentences import split

NOTHING_TO_SAY = (
    "the query is an instruction, and there is nothing to write from: put what is to be said into the query, or give a "
    "text, url, feed or image, or deepResearch"
)
QUERIES = frozenset({MaterialKind.TEXT, MaterialKind.AUDIO})

_POLITE = (
    r"\W*(?:(?:please|kindly|bitte|por favor|s['’]il (?:te|vous) pla[iî]t|per favore|hi|hey|hello|ok(?:ay)?|now)"
    r"[,!]?\s+|"
    r"(?:can|could|would|will) you\s+|i(?:['’]d| would)? (?:want|need|like)(?: you)?(?: to)?\s+|let['’]?s\s+)*"
)
# Nobody tells something in a sentence that begins so.
_PLAIN = (
    r"writ(?:e|ing) (?:about|on|up)|explain|summari[sz]e|describe|rewrite|rephrase|translate|compose|"
    r"(?:give|tell|show|write|teach) (?:me|us|them|people|everyone)|erkl[äa]re?|formuliere?|verfasse?|erz[äa]hle?|"
    r"redacta|escribe|explica|[ée]cri(?:s|vez)|r[ée]dige[rz]?|r[ée]sume[rz]|scrivi|riassumi|spiega|schrijf"
)
# These are other words too: what they ask for stands soon after.
_ASKING = (
    r"write|create|make|draft|generate|produce|prepare|craft|tweet|post|publish|find|share|do|give|"
    r"schreibe?|erstelle?|mache?|fasse?|crea|haz|cr[ée]e[rz]?|fais|fai|maak"
)
_ASKED_FOR = (
    r"tweets?|posts?|threads?|one[- ]?liners?|articles?|texts?|beitrag|beitr[äa]ge|hilos?|fil|sentences?|facts?|"
    r"reasons?|tips|ideas|jokes?|stor(?:y|ies)|announcements?|captions?|summary|something|news|etwas|zusammen"
)
_ASK = re.compile(
    rf"{_POLITE}(?:(?:{_PLAIN})\b|(?:{_ASKING})\s+(?:[\w'’-]+\s+){{0,5}}(?:{_ASKED_FOR})\b)", re.IGNORECASE
)
# What goes on asking, once something was asked for.
_MORE = re.compile(
    rf"{_POLITE}(?:(?:{_ASKING}|use|using|end|begin|start|finish|close|answer|include|mention|keep|add|avoid|be|don['’]?t|"
    r"do not|focus|limit|cite|quote|ask|put|verwende|nutze|ende|beginne?|f[üu]ge?|nenne|halte|usa|termina|incluye|"
    r"utilise[rz]?|termine[rz]?|ajoute[rz]?)\b|"
    r"(?:no|not|with|without|in|at (?:most|least)|ohne|mit|sin|con|sans|avec)\b(?:\W+\w+){1,4}\W*$)",
    re.IGNORECASE,
)


def quotable(materials: Iterable[Material]) -> tuple[Material, ...]:
    """Give the material of a quick request with blanks for the sentences of its query that only ask for something.

    The places of the others stay. A query of which nothing is left is left out. Raises WriterError where nothing at all
    is left.
    """
    found = [_told(each) if each.kind in QUERIES else each for each in materials]
    left = tuple(each for each in found if each.text.strip())
    if found and not left:
        raise WriterError(NOTHING_TO_SAY)
    return left


def _told(material: Material) -> Material:
    """Give *material* with blanks for what asks: from its first ask on, also questions and what goes on asking."""
    kept = list(material.text)
    asked = False
    for sentence in split(material.text):
        asks = bool(_ASK.match(sentence.text)) or sentence.text.rstrip().endswith(("?", "？"))
        if asks or (asked and _MORE.match(sentence.text)):
            asked = True
            for start, end in sentence.spans:
                kept[start:end] = " " * (end - start)
    return replace(material, text="".join(kept)) if asked else material
