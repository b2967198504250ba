"""Our own copy of the eleven editorial checks of the Xquik REST API, step score of `POST /compose`.

They are editorial advice, not a forecast: within one author's posts they do not rank engagement. How the server
decides is not published; the thresholds here are those its documentation shows.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from domain.draft import Check
from domain.weighted_length import link_spans, weighted_length

SHORTEST, LONGEST = 50, 280
FEWEST_WORDS = 8
CHARACTERS_PER_WORD = 2  # of scripts written without spaces: a word of Chinese is about two characters

_SHOUTED = re.compile(r"(?<!\w)[^\W\d_]{3,}(?!\w)")
_HASHTAG = re.compile(r"(?<![\w&/])[#＃](?=\w*[^\W\d])\w+")
_LOUD = re.compile(r"[!！]{2,}|[?？]{2,}|[?？][!！]|[!！][?？]|⁉|‼|⁇|⁈")
_DASH = re.compile(r"[—–―⸺⸻]|--")
_QUESTION = re.compile(r"[?？؟՞፧⸮]|(?<=[\u0370-\u03ff\u1f00-\u1fff]);")  # Greek asks with a semicolon
_REPLY_CALL = re.compile(  # of a text in small letters: twice as quick as being told to ignore case
    r"\b(?:reply|comment below|tell (?:me|us)|let (?:me|us) know|what do you think|share your|your thoughts"
    r"|antwortet?|schreibt? (?:mir|uns)|sagt? (?:mir|uns)|eure meinung|deine meinung|kommentiert?"
    r"|répondez|réponds|dites-(?:nous|moi)|votre avis|ton avis|responde|respondan|cuéntanos|cuéntame|tu opinión"
    r"|rispondi|rispondete|raccontaci|la tua opinione|responda|conte para|sua opinião|reageer|laat (?:me|ons) weten"
    r"|odpowiedz|napisz(?:cie)?|daj znać|ответьте|напишите|расскажите|ваше мнение|напишіть|svara|berätta|svar oss"
    r"|fortell|yanıtla|yorum yap|sen ne düşünüyorsun)\b|教えて|コメント|返信|ご意見"
    r"|评论|回复|留言|告诉我|評論|回覆|댓글|알려주세요|أخبرنا|شاركنا|رأيك|ما رأي|תגיבו|ספרו לנו|बताइए|बताएं|राय",
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def checks(text: str, *, has_link: bool = False, has_media: bool = False) -> tuple[Check, ...]:
    """The eleven checks of *text*, in the server's order; a suggestion only where one fails.

    *has_link* says that the post will carry a link besides its text, *has_media* that it will carry a picture or video.
    """
    linked = any(True for _ in link_spans(text)) or "://" in text
    prose = without_links(text)
    found = (
        ("No external links in body", not linked, "Move the link out of the tweet body"),
        ("No hashtags", not _HASHTAG.search(prose), "Remove the hashtags"),
        ("No excessive capitalization", _shouted(prose) < 2, "Write the words in capitals in lower case"),
        ("Conversation-driving CTA", _calls(prose), "End with a question or call to reply"),
        ("Optimal length (50-280 characters)", SHORTEST <= weighted_length(text) <= LONGEST, _length_advice(text)),
        ("Media attached", has_media, "Attach a photo or video"),
        ("No excessive punctuation", not _is_loud(prose), "Use one question or exclamation mark at a time"),
        ("No emojis", not has_emoji(prose), "Remove the emojis"),
        ("No em dashes or double dashes", not _DASH.search(prose), "Replace dashes by commas or full stops"),
        ("Sufficient substance", word_count(prose) >= FEWEST_WORDS, "Add a specific detail or metric"),
        ("Link-in-reply strategy", not (has_link and linked), "Move the link to a reply instead"),
    )
    return tuple(Check(factor, passed, None if passed else advice) for factor, passed, advice in found)


def without_links(text: str) -> str:
    """*text* with its links taken out."""
    kept, at = [], 0
    for start, end in link_spans(text):
        kept.append(text[at:start])
        at = end
    return re.sub(r"https?://\S+", "", "".join([*kept, text[at:]]))


def word_count(text: str) -> int:
    """How many words *text* has, in any script."""
    unspaced = len(_UNSPACED.findall(text))
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", _UNSPACED.sub(" ", text))) + unspaced // CHARACTERS_PER_WORD


def has_emoji(text: str) -> bool:
    """Whether *text* holds an emoji. The signs ©, ®, ™ and arrows are not counted."""
    return not text.isascii() and bool(_emoji().search(text))


@cache
def _emoji() -> Any:
    import regex

    return regex.compile(r"(?![©®™←-⇿‼⁉ℹ〰〽])\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3")


def _shouted(text: str) -> int:
    return sum(word.isupper() for word in _SHOUTED.findall(text))


def _calls(text: str) -> bool:
    return bool(_QUESTION.search(text) or _REPLY_CALL.search(text.lower()))


def _is_loud(text: str) -> bool:
    return bool(_LOUD.search(text)) or len(re.findall("[!！]", text)) > 3


def _length_advice(text: str) -> str:
    return (
        "Lengthen it to at least 50 characters" if weighted_length(text) < SHORTEST else "Shorten it to 280 characters"
    )
