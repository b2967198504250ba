"""Which language a text is in."""

from __future__ import annotations

import re

from domain.material import Material

_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SAMPLE = 2000  # characters; more does not change the answer
TRUSTED = 300  # characters from which a guess is surer than what a page's template declares
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}


def language_of(material: Material) -> str | None:
    """The ISO 639-1 code of *material*'s language: a guess, or for short texts what the source declares."""
    sample = f"{material.title}\n{material.text}"[:_SAMPLE]
    if not any(character.isalpha() for character in sample):
        return None
    written = by_script(sample)
    if written:
        return written
    declared = _known((material.language or "").replace("_", "-").split("-")[0].lower() or None)
    if declared and len(sample) < TRUSTED:
        return declared
    return _known(_guess(sample))


def unspaced_share(text: str) -> float:
    """The share of the letters of *text* whose script is written without spaces, 0 to 1."""
    letters = sum(character.isalpha() for character in text)
    return len(_UNSPACED.findall(text)) / letters if letters else 0.0


def by_script(sample: str) -> str | None:
    """The language that only one script writes: Korean, Japanese or Chinese; else None."""
    letters = sum(character.isalpha() for character in sample)
    if len(_HANGUL.findall(sample)) > 0.3 * letters:
        return "ko"
    kana, han = len(_KANA.findall(sample)), len(_HAN.findall(sample))
    if kana + han > 0.3 * letters:
        return "ja" if kana > 0.1 * (kana + han) else "zh"
    return None


def _guess(sample: str) -> str | None:
    from py3langid.langid import classify

    return str(classify(sample)[0])


def _known(code: str | None) -> str | None:
    return _ALIASES.get(code or "", code)
