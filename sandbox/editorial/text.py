"""What a text is made of, in any script: links, hashtags, emoji, words, and the length as X weighs it."""

import unicodedata

import regex

LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))  # weigh 1; every other character weighs 2
LINK_WEIGHT = 23

# Endings after which a bare name is a link, as X links it. Two-letter endings that are also file suffixes or words
# (md, py, sh, it, is, in, …) count only after www., with a path, or below a second-level name such as co.uk.
_GENERIC = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|app|dev|page|blog|shop|store|site|online|tech|cloud|news|media|live"
    "|space|world|today|email|agency|studio|design|digital|science|academy|museum|travel|wiki|xyz|club|art|link|press"
    "|eu|de|fr|nl|uk|jp|kr|cn|ru|ua|br|mx|ca|au|nz|ch|tr|gr|cz|se|fi|dk|hu|ro|za|tw|hk|sg|il|ir|ae|co|io|ai|tv|me|gg|fm"
)
_NATIVE = (
    "рф|укр|бел|срб|ελ|中国|中國|公司|网络|香港|台灣|みんな|コム|한국|닷컴|भारत|ไทย"
    "|الجزائر|السعودية|مصر|امارات|ایران|קום|ישראל"
)
_LABEL = r"[\p{Latin}0-9](?:[\p{Latin}0-9-]*[\p{Latin}0-9])?"
# A path ends at a space, a quotation mark, or where a script without spaces goes on; never on a punctuation mark.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_BIDI = r"\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INSIDE = rf"[^\s<>\"“”‘’«»\p{{Ps}}\p{{Pe}}、。，．！？؟；：…{_UNSPACED}{_BIDI}]"
_AT_END = r"(?<![.,;:!?'’*~])"
_PIECE = rf"(?:{_INSIDE}|\({_INSIDE}*\))"
_REST = rf"(?::\d+)?(?:[/?#]{_PIECE}*{_AT_END})?"
_OTHER = r"[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?"
_LINK = regex.compile(
    rf"https?://(?:(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?![a-z0-9-]|[\p{{L}}\p{{M}}\p{{N}}-]*\.[\p{{L}}\p{{N}}])"
    rf"|(?:{_OTHER}\.)+{_OTHER}){_REST}"
    rf"|(?<![\p{{Latin}}0-9@#$._/-])(?:www\.(?:{_LABEL}\.)+[a-z]{{2,}}"
    rf"|(?:{_LABEL}\.)+(?:{_GENERIC})"
    rf"|{_LABEL}\.(?:co|com|ac|gov|org|net|or|ne)\.[a-z]{{2}}"
    rf"|(?:{_LABEL}\.)+[a-z]{{2}}(?=/[a-z0-9])"
    rf")(?![a-z0-9@-]|\.[a-z0-9]){_REST}"
    rf"|(?<![\p{{L}}\p{{N}}@._-])(?:{_OTHER}\.)+(?:{_NATIVE})(?![\p{{L}}\p{{M}}\p{{N}}-]){_REST}",
    regex.IGNORECASE | regex.VERSION1,
)
_PIECES = regex.compile(r"\S+")
_HOST = regex.compile(r"(?:https?://)?([^/?#:]+)", regex.IGNORECASE)
# X reads # inside a word, after & or in a link as ordinary text, and a hashtag needs a letter.
HASHTAG = regex.compile(
    r"(?<![\p{L}\p{N}_&/])(?<![\p{M}--[\uFE0E\uFE0F]])[#＃](?=[\p{N}\p{M}_]*\p{L})[\p{L}\p{M}\p{N}_\u200c\u200d·・〃～〜־׳״]+",
    regex.VERSION1,
)
MENTION = regex.compile(r"(?<![\p{L}\p{N}_@＠])[@＠][A-Za-z0-9_]{1,15}")
_PICTURE = r"(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\p{Extended_Pictographic}--[©®™‼⁉〰〽㊗㊙]])"
_PART = rf"{_PICTURE}\uFE0F?\p{{Emoji_Modifier}}?(?:[\U000E0020-\U000E007E]+\U000E007F)?"
EMOJI = regex.compile(
    rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|{_PART}(?:\u200D(?:{_PART}|[♀♂⚕⚖✈❤]\uFE0F?))*", regex.VERSION1
)

_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")  # about two letters to a word
_FLOWING = regex.compile(r"[[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}]", regex.VERSION1)  # about four
_HANGUL = regex.compile(r"\p{Hangul}")  # spaced, but a word carries its particles: about three syllables to a word
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’\-·.]*")


def find_links(text: str) -> list[tuple[int, int]]:
    """Return where each link in *text* begins and ends."""
    # Only pieces with a dot or a scheme are read closely: that is ten times faster on ordinary prose.
    return [
        (piece.start() + link.start(), piece.start() + link.end())
        for piece in _PIECES.finditer(text)
        if "." in piece[0] or "://" in piece[0]
        for link in _LINK.finditer(piece[0])
    ]


def links_of(text: str) -> list[str]:
    """Return the links in *text*, in order."""
    return [text[start:end] for start, end in find_links(text)]


def without_links(text: str) -> str:
    """Return *text* with every link replaced by a space, so that nothing inside a link is judged."""
    for start, end in reversed(find_links(text)):
        text = f"{text[:start]} {text[end:]}"
    return text


def weighted_length(text: str) -> int:
    """Return the length of *text* as X counts it: a link 23, an emoji 2, Chinese, Japanese and Korean letters 2."""
    text = unicodedata.normalize("NFC", text)
    shortened = 0
    for start, end in reversed(find_links(text)):
        if _shortens(text[start:end]):
            text = text[:start] + text[end:]
            shortened += 1
    text, emoji = EMOJI.subn("", text)
    light: int = sum(any(low <= ord(c) <= high for low, high in LIGHT) for c in text)
    return shortened * LINK_WEIGHT + int(emoji) * 2 + light + 2 * (len(text) - light)


def _shortens(link: str) -> bool:
    """Tell whether X would shorten *link*: its host has a name under a domain, and no label over 63 bytes."""
    host = _HOST.match(link)
    labels = host[1].split(".") if host else []
    sizes = [len(label) if label.isascii() else len(label.encode("punycode")) + 4 for label in labels]
    return len(labels) > 1 and not labels[-1].isdecimal() and all(0 < size <= 63 for size in sizes)


def word_count(text: str) -> int:
    """Return how many words of substance *text* has; links, mentions, hashtags and emoji are none.

    Scripts that are written without spaces are counted by letters: two of Chinese or Japanese, four of Thai, Lao,
    Khmer or Burmese, three syllables of Korean make a word.
    """
    text = without_links(text)
    for pattern in (MENTION, HASHTAG, EMOJI):
        text = pattern.sub(" ", text)
    words = 0.0
    for pattern, letters in ((_DENSE, 2), (_FLOWING, 4), (_HANGUL, 3)):
        text, count = pattern.subn(" ", text)
        words += count / letters
    return int(words) + len(_WORD.findall(text))
