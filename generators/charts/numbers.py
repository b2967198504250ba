"""Numbers as people write them, with their units: 1,234.5, 3.2 %, € 12 million, 1,400万人. What is a date is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# Languages whose decimal mark is a comma, for numbers such as 1.234 that can be read in two ways.
_COMMA_LANGUAGES = "cs da de el es fi fr hr hu id it nb nl no pl pt ro ru sk sl sv tr uk vi"
COMMA = frozenset(_COMMA_LANGUAGES.split())
_BLANKS = " \u00a0\u202f\u2009"
_CURRENCIES = r"US\$|A\$|C\$|R\$|[$€£¥￥₹₽₩]|(?:USD|EUR|GBP|JPY|CHF|CNY|INR)(?![A-Za-z])"
_SCALES = {
    "thousand": 3, "k": 3, "tsd.": 3, "тыс.": 3, "千": 3, "천": 3,
    "million": 6, "millions": 6, "mn": 6, "mio.": 6, "mio": 6, "millionen": 6, "millones": 6, "milioni": 6, "млн": 6,
    "billion": 9, "billions": 9, "bn": 9, "mrd.": 9, "mrd": 9, "milliarden": 9, "milliards": 9, "miliardi": 9,
    "млрд": 9,
    "trillion": 12, "trillions": 12, "tn": 12,
    "万": 4, "萬": 4, "만": 4, "億": 8, "亿": 8, "억": 8, "兆": 12, "조": 12,
}  # fmt: skip
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
_SCALE = "|".join(re.escape(each) for each in sorted(_SCALES, key=len, reverse=True))
_DIGITS = rf"\d{{1,3}}(?:[,.'’{_BLANKS}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
QUANTITY = re.compile(
    rf"(?<![A-Za-z\u00c0-\u024f0-9_.,:/#@–—-])(?P<sign>[+−-])?(?:(?P<front>{_CURRENCIES})[{_BLANKS}]?(?P<inner>[+−-])?)?"
    rf"(?P<digits>{_DIGITS})"
    rf"(?![\d:/]|[.,-]\d|[–—−-]\d)"
    rf"(?:[{_BLANKS}-]?(?P<scale>{_SCALE})(?![^\W\d_{_CJK}]))?"
    rf"(?:[{_BLANKS}-]?(?P<back>{_CURRENCIES}))?"
    rf"(?:[{_BLANKS}]?(?P<percent>[%％]|(?:percent|per cent|Prozent|procent|pour cent|por ciento|per cento)\b))?",
    re.IGNORECASE,
)
_UNIT = re.compile(rf"[{_BLANKS}-]?((?:[^\W\d_{_CJK}]{{1,20}}(?:/[^\W\d_]{{1,10}})?[²³]?)|[{_CJK}]{{1,3}}|°[CF]?)")
_NAME = re.compile(r"[A-Z](?![^\W\d_])")  # 5G, 3D: no amount of anything
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ème|º|ª|\.(?=\s+[A-Za-z]))\b", re.IGNORECASE)
_MONTHS = (
    r"jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|mar(?:ch|s)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
)
_AFTER_MONTH = re.compile(rf"\b(?:{_MONTHS})\.?\s*$", re.IGNORECASE)
_BEFORE_MONTH = re.compile(rf"\.?\s*(?:of\s+)?(?:{_MONTHS})\b", re.IGNORECASE)
# What follows the number of a date or of a place in an order, and no amount of anything.
_CALENDAR_WORDS = "am pm a.m p.m uhr bc ad ce bce o'clock 年 月 日 时 時 分 秒 号 號 回 位 世纪 世紀 년 월 일 시"
_CALENDAR = frozenset(_CALENDAR_WORDS.split())
# Words that stand between a number and what it is about; they name no unit.
_SMALL_WORDS = (
    "in for from at by to of and or on as is was were are the a an than with while compared versus vs per respectively "
    "up down more less who which that but this last since over after before between und oder im von bei et en de "
    "der die das y e für pour por"
)
_NO_UNIT = frozenset(_SMALL_WORDS.split())
FIRST_YEAR, LAST_YEAR = 1800, 2199


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text: *start* and *end* are code points of it with its unit, *shown* is how it stands there.

    *named* tells that the unit is written with it; a number beside a scale alone (3 million) may leave it out.
    """

    value: Decimal
    unit: str
    shown: str
    start: int
    end: int
    scaled: bool = False

    @property
    def named(self) -> bool:
        return bool(self.unit)


def decimal_mark(language: str | None) -> str:
    """Give the mark that parts decimals in *language*, for numbers that can be read in two ways."""
    return "," if (language or "").partition("-")[0].lower() in COMMA else "."


def read_digits(digits: str, mark: str) -> Decimal:
    """Give the value of *digits*; *mark* parts decimals where three digits follow the only mark there is."""
    plain = re.sub(rf"['’{_BLANKS}]", "", digits)
    marks = [letter for letter in plain if letter in ".,"]
    if not marks:
        return Decimal(plain)
    last = marks[-1]
    if len(set(marks)) == 2:  # the last of both parts the decimals
        other = "," if last == "." else "."
        return Decimal(plain.replace(other, "").replace(last, "."))
    whole, _, rest = plain.rpartition(last)
    grouped = len(marks) > 1 or (len(rest) == 3 and last != mark and whole.lstrip("0") != "")
    return Decimal(plain.replace(last, "") if grouped else f"{whole}.{rest}")


def quantities(text: str, language: str | None = None) -> list[Quantity]:
    """Give the amounts in *text* in order. Years, dates, times, ordinals, ranges and versions are none."""
    mark = decimal_mark(language)
    found = (_quantity(match, text, mark) for match in QUANTITY.finditer(text))
    return [each for each in found if each is not None]


def read_cell(cell: str, language: str | None = None) -> Quantity | None:
    """Give the one amount that the whole of *cell* is, or None: a cell of a table needs no unit."""
    text = cell.strip()
    match = QUANTITY.match(text) if len(text) <= 40 else None
    if match is None:
        return None
    rest = text[match.end() :].strip()
    if rest and (not re.fullmatch(rf"(?:{_UNIT.pattern})", rest) or rest.lower() in _CALENDAR):
        return None
    if _ORDINAL.match(text, match.end("digits")) or _BEFORE_MONTH.match(text, match.end()):
        return None
    unit = _unit_of(match) or rest
    return Quantity(_value(match, mark=decimal_mark(language)), unit, text, 0, len(text), bool(match["scale"]))


def is_year(quantity: Quantity) -> bool:
    """Tell whether a number without a unit reads as a year."""
    plain = quantity.shown.strip()
    return plain.isdecimal() and len(plain) == 4 and FIRST_YEAR <= quantity.value <= LAST_YEAR


def _quantity(match: re.Match[str], text: str, mark: str) -> Quantity | None:
    start, end = match.start("sign" if match["sign"] else "front" if match["front"] else "digits"), match.end()
    bare = not (match["front"] or match["back"] or match["scale"] or match["percent"])
    if bare and (_is_dated(text, match) or _is_plain_year(match)):
        return None
    unit = _unit_of(match)
    if not unit:
        follows = _UNIT.match(text, end)
        word = follows[1] if follows else ""
        if bare and (word.lower().rstrip(".") in _CALENDAR or _NAME.match(text, match.end("digits"))):
            return None
        if follows and word.lower() not in _NO_UNIT and word.lower() not in _CALENDAR:
            unit, end = _cjk_counter(word), follows.start(1) + len(_cjk_counter(word))
    return Quantity(_value(match, mark), unit, text[start:end].strip(), start, end, bool(match["scale"]))


def _cjk_counter(word: str) -> str:
    """Give what counts, of Chinese or Japanese that goes on without a blank: 人が is 人."""
    return re.split(r"(?<=.)[はがをにでとのもやへ的和在]", word)[0] if re.match(f"[{_CJK}]", word) else word


def _is_dated(text: str, match: re.Match[str]) -> bool:
    """Tell whether it is the number of a day or an ordinal."""
    if _ORDINAL.match(text, match.end("digits")):
        return True
    return bool(
        _AFTER_MONTH.search(text[max(0, match.start() - 12) : match.start()]) or _BEFORE_MONTH.match(text, match.end())
    )


def _is_plain_year(match: re.Match[str]) -> bool:
    digits = match["digits"]
    return digits.isdecimal() and len(digits) == 4 and FIRST_YEAR <= int(digits) <= LAST_YEAR


def _unit_of(match: re.Match[str]) -> str:
    if match["percent"]:
        return "%"
    return (match["front"] or match["back"] or "").upper()


def _value(match: re.Match[str], mark: str) -> Decimal:
    value = read_digits(match["digits"], mark)
    if match["scale"]:
        value *= Decimal(10) ** _SCALES[match["scale"].lower()]
    return -value if (match["sign"] or match["inner"]) in ("-", "−") else value
