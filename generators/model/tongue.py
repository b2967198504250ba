"""Whether a draft is in the language that was asked for."""

from __future__ import annotations

import re

from generators.embedded.language import by_script

SHORTEST = 40  # letters from which a guess is sure enough
SURE = 30.0  # by how much a guess must be likelier than the language asked for; right ones differ by 60 and more

# What an owner writes who wants another language than the source's.
_NAMES = {
    "en": "english englisch anglais inglés inglese inglês engels",
    "de": "german deutsch allemand alemán tedesco alemão duits",
    "fr": "french französisch français francés francese francês frans",
    "es": "spanish spanisch espagnol español spagnolo espanhol spaans",
    "it": "italian italienisch italien italiano italiaans",
    "pt": "portuguese portugiesisch portugais portugués portoghese português portugees",
    "nl": "dutch niederländisch néerlandais neerlandés olandese holandês nederlands",
    "pl": "polish polnisch polski",
    "ru": "russian russisch русский",
    "tr": "turkish türkisch türkçe",
    "ja": "japanese japanisch 日本語",
    "zh": "chinese chinesisch 中文",
    "ko": "korean koreanisch 한국어",
    "ar": "arabic arabisch العربية",
}


def foreign(text: str, wanted: str | None, prompt: str) -> str | None:
    """The language of *text*, where that is certainly not *wanted* nor one that *prompt* names; else None."""
    if wanted is None or sum(character.isalpha() for character in text) < SHORTEST:
        return None
    found = by_script(text) or _guess(text, wanted)
    if found is None or found == wanted:
        return None
    asked_for = set(re.findall(r"\w+", prompt.lower())) & set(_NAMES.get(found, "").split())
    return None if asked_for else found


def _guess(text: str, wanted: str) -> str | None:
    from py3langid.langid import rank

    likelihoods = {str(code): float(value) for code, value in rank(text)}
    best = max(likelihoods, key=lambda code: likelihoods[code])
    return best if likelihoods[best] - likelihoods.get(wanted, likelihoods[best]) >= SURE else None
