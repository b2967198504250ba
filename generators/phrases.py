"""The writer's own fixed words: everything in a draft that no source gave. The gate accepts no others."""

from __future__ import annotations

QUESTIONS = {
    "en": "What do you think?",
    "de": "Wie seht ihr das?",
    "fr": "Qu’en pensez-vous ?",
    "es": "¿Qué opináis?",
    "it": "Che ne pensate?",
    "pt": "O que acham?",
    "nl": "Wat vinden jullie?",
    "pl": "Co o tym sądzicie?",
    "cs": "Co si o tom myslíte?",
    "sv": "Vad tycker ni?",
    "da": "Hvad synes I?",
    "no": "Hva mener dere?",
    "fi": "Mitä mieltä olette?",
    "tr": "Siz ne düşünüyorsunuz?",
    "ru": "Что вы думаете?",
    "uk": "Що ви думаєте?",
    "el": "Ποια είναι η γνώμη σας;",
    "ro": "Voi ce părere aveți?",
    "hu": "Ti mit gondoltok?",
    "ja": "みなさんはどう思いますか？",
    "zh": "你怎么看？",
    "ko": "여러분의 생각은 어떠신가요?",
    "ar": "ما رأيكم؟",
    "he": "מה דעתכם?",
    "hi": "आप क्या सोचते हैं?",
}

VIA = "via "
ARROW = "→ "
BULLET = "• "
GAPS = ("\n", "\n\n", " ")

QUOTES = {
    "en": ("“", "”"),
    "de": ("„", "“"),
    "fr": ("« ", " »"),
    "ru": ("«", "»"),
    "uk": ("«", "»"),
    "es": ("«", "»"),
    "it": ("«", "»"),
    "no": ("«", "»"),
    "pl": ("„", "”"),
    "cs": ("„", "“"),
    "ja": ("「", "」"),
    "zh": ("“", "”"),
}
BRACKETS = (" (", ")")

MARKS = frozenset({*BRACKETS} | {mark for pair in QUOTES.values() for mark in pair})
FIXED = frozenset({*QUESTIONS.values(), VIA, ARROW, BULLET, *GAPS} | MARKS)


def question(language: str | None) -> str | None:
    """The fixed question in *language*, or None where there is none."""
    return QUESTIONS.get(language or "")


def quotes(language: str | None) -> tuple[str, str]:
    """The quotation marks of *language*."""
    return QUOTES.get(language or "", QUOTES["en"])
