"""The owner's hints: a closed vocabulary that the writer can follow; everything else is reported, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.draft import Guidance


class Hint(StrEnum):
    EMOJI = "emoji"
    HASHTAG = "hashtag"
    QUESTION = "question"
    LINK = "link"
    PROFESSIONAL = "professional"
    CASUAL = "casual"
    SHORT = "short"
    LONG = "long"
    NUMBERS = "numbers"
    THREAD = "thread"
    QUOTE = "quote"
    BULLETS = "bullets"


_VOCABULARY: tuple[tuple[Hint, str], ...] = (
    (Hint.EMOJI, r"emojis?|emoticons?|smileys?|絵文字|表情符号|이모지|эмодзи|émojis?"),
    (Hint.HASHTAG, r"hash ?tags?|ハッシュタグ|话题标签|해시태그|хештег\w*|хэштег\w*"),
    (
        Hint.QUESTION,
        r"questions?|frage[n]?|preguntas?|domand[ae]|perguntas?|vra(?:ag|gen)|pytani\w*|вопрос\w*|質問|问题|질문",
    ),
    (Hint.LINK, r"links?|urls?|verlink\w*|liens?|enlaces?|ссылк\w*|リンク|链接|링크"),
    (
        Hint.PROFESSIONAL,
        r"professional(?:ly)?|serious|formal|businesslike|professionell|sachlich|seriös|förmlich"
        r"|professionnel\w*|profesional\w*|professionale|profissional|zakelijk|profesjonaln\w*",
    ),
    (
        Hint.CASUAL,
        r"casual(?:ly)?|informal|relaxed|friendly|locker|lässig|décontracté\w*|informal(?:e)?|desenfadado|luźn\w*",
    ),
    (
        Hint.SHORT,
        r"short(?:er)?|brief(?:ly)?|concise|kurz|knapp|court\w*|bref|brève|cort[oa]s?|breve|curt[oa]s?|kort|krótk\w*"
        r"|кратк\w*|коротк\w*|短く|简短|짧게",
    ),
    (
        Hint.LONG,
        r"long(?:er)?|detailed|in detail|lang|ausführlich|détaillé\w*|larg[oa]s?|detallad[oa]s?|dettagliat[oa]"
        r"|detalhado"
        r"|uitgebreid|długi\w*|подробн\w*|詳しく|详细|길게",
    ),
    (
        Hint.NUMBERS,
        r"numbers?|figures?|statistics|stats|data|zahlen|ziffern|statistiken|chiffres|cifras|números|cijfers|liczby"
        r"|цифр\w*|数字|숫자",
    ),
    (Hint.THREAD, r"threads?|スレッド|스레드"),
    (
        Hint.QUOTE,
        r"quot(?:e|es|ation|ations)|zitate?|zitier\w*|citations?|citas?|citazion[ei]|citaç\w+|citaat|cytat\w*|цитат\w*",
    ),
    (Hint.BULLETS, r"bullets?(?: points?)?|lists?|stichpunkte?n?|aufzählung\w*|listes?|listas?|puces|箇条書き|要点"),
)
_PATTERNS = tuple((hint, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)) for hint, words in _VOCABULARY)
_NEGATION = re.compile(
    r"(?<!\w)(?:no|not|without|avoid|don['’]?t|do not|never|skip|omit|less|kein\w*|ohne|nicht|vermeide\w*|sans"
    r"|pas|évite\w*|sin"
    r"|evita\w*|senza|sem|geen|zonder|bez|nie|без|не)(?!\w)|なし|不要|不用|없이",
    re.IGNORECASE,
)
# Words around a hint that ask for nothing else.
_FILLER = re.compile(
    r"(?<!\w)(?:please|use|using|add|include|with|and|a|an|the|some|one|two|few|at least|at most|it|keep|make|be"
    r"|write|in|style"
    r"|tone|voice|tweet|tweets|post|posts|text|to|source|original|end|ask|asking|of|from|relevant|very|bitte"
    r"|verwende\w*|nutze"
    r"|mit|und|ein\w*|am|ende|der|die|das|den|zur|zum|quelle|schreib\w*|halte?|sei|stil|ton|avec|et|un|une|des|le"
    r"|la|les|con"
    r"|y|el|los|las|com|e|o|os|as|met|en|een|de|z|i|с|и|me|us|sound|sounds|should|as|for|on|length|format)(?!\w)",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[.;,\n!、。；，]+|\s+(?:and|but|und|aber|et|mais|y|pero|e|ma|mas|en|maar|и|но)\s+(?=\w)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner asked for: *wanted* and *unwanted* of the vocabulary, each with the clause that said so.

    *unknown* are clauses outside the vocabulary, in the owner's words.
    """

    wanted: tuple[tuple[Hint, str], ...] = ()
    unwanted: tuple[tuple[Hint, str], ...] = ()
    unknown: tuple[str, ...] = ()

    def wants(self, hint: Hint) -> bool:
        return any(hint is found for found, _ in self.wanted)

    def refuses(self, hint: Hint) -> bool:
        return any(hint is found for found, _ in self.unwanted)

    def unmet(self, met: Callable[[Hint], bool]) -> tuple[str, ...]:
        """The owner's clauses that were not followed, where *met* tells whether a hint shows in the draft."""
        missed = [clause for hint, clause in self.wanted if not met(hint)]
        kept = [clause for hint, clause in self.unwanted if met(hint)]
        return tuple(dict.fromkeys([*missed, *kept, *self.unknown]))


def read_hints(prompt: str | None) -> Wishes:
    """The hints of *prompt*, clause by clause. "No" carries over to the clauses joined to it by a comma or an "or"."""
    wanted: list[tuple[Hint, str]] = []
    unwanted: list[tuple[Hint, str]] = []
    unknown: list[str] = []
    for clause in filter(None, (piece.strip() for piece in _CLAUSES.split(prompt or "") if piece)):
        negated = bool(_NEGATION.search(clause))
        found = [hint for hint, pattern in _PATTERNS if pattern.search(clause)]
        (unwanted if negated else wanted).extend((hint, clause) for hint in found)
        if not found or _asks_for_more(clause):
            unknown.append(clause)
    return Wishes(tuple(wanted), tuple(unwanted), tuple(unknown))


def _asks_for_more(clause: str) -> bool:
    rest = clause
    for _, pattern in _PATTERNS:
        rest = pattern.sub(" ", rest)
    return bool(re.search(r"\w", _FILLER.sub(" ", _NEGATION.sub(" ", rest)).replace("or", " ")))


def forbids_hashtags(guidance: Guidance | None) -> bool:
    """Whether the rules of `POST /compose` say to use no hashtags at all."""
    rules = guidance.rules if guidance else ()
    return any(re.search(r"\bno hashtags?\b|\bavoid hashtags?\b", rule, re.IGNORECASE) for rule in rules)


def forbids_shouting(guidance: Guidance | None) -> bool:
    """Whether the rules of `POST /compose` speak against words in capitals."""
    rules = guidance.rules if guidance else ()
    return any(re.search(r"\ball[ -]caps\b|\bcapital", rule, re.IGNORECASE) for rule in rules)
