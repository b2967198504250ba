"""Stock phrases that mark a text as nobody's, in the languages where we know them."""

from __future__ import annotations

import re

_PHRASES = re.compile(
    r"\b(?:game[- ]?chang\w*|delv\w+ into|in today['’]s (?:fast[- ]paced|digital|ever)|fast[- ]paced world"
    r"|let that sink in"
    r"|here['’]s (?:why|the kicker|the thing|the catch)|buckle up|unlock\w* (?:the|your)"
    r"|supercharg\w+|revolutioni[sz]\w+"
    r"|dive (?:in|into|deep)|deep dive|not just \w+(?: \w+)?[,;:–—-]+ (?:it['’]s|but)|isn['’]t just"
    r"|the future of \w+ is here"
    r"|take\w* (?:it|things|your \w+) to the next level|a testament to|ever[- ]evolving|cutting[- ]edge|groundbreaking"
    r"|mind[- ]?blow\w+|jaw[- ]dropping|you won['’]t believe|must[- ]read|stay tuned|the real (?:kicker|magic|story)"
    r"|raises (?:important )?questions about|sheds? (?:new )?light on|rich tapestry"
    r"|navigat\w+ the (?:complex\w*|landscape)"
    r"|hot take|unpopular opinion|thread below|a thread\b)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:\b(?:bahnbrechend\w*|revolutionier\w+|in der heutigen (?:schnelllebigen|digitalen)|das musst du wissen"
    r"|tauchen? wir ein"
    r"|auf das nächste level|nicht nur \w+, sondern|gamechanger|révolutionn\w+|changer la donne|plongeons|à l['’]ère du"
    r"|incontournable|revolucionar\w*|cambia las reglas|sumérgete|en el vertiginoso|rivoluzionari\w+|tuffiamoci"
    r"|nell['’]era digitale|revolucionári\w+|mergulhe)\b|🧵|👇|🚀🚀)",
    re.IGNORECASE,
)


def slop(text: str) -> str | None:
    """The first stock phrase of *text*, or None."""
    found = _PHRASES.search(text) or _OTHERS.search(text)
    return found.group() if found else None
