"""What a sentence claims that can be looked up: numbers, amounts, names, links, handles and quotations.

A check by characters and words, not by meaning: it finds what was invented, not what was turned round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from domain.weighted_length import link_spans

MENTION = re.compile(r"(?<![\w/.])[@＠]\w+")
# Single marks are apostrophes too: what they enclose ends where no letter follows, at the last such mark.
QUOTED = re.compile(
    r"“[^“”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|\"[^\"]*\"|「[^」]*」|『[^』]*』|‹[^›]*›|›[^‹]*‹|‚[^‚‘’]*[‘’]"
    r"|(?<!\w)‘[^‘]*’(?!\w)|(?<!\w)'(?=\S).+'(?!\w)"
)

_NUMBER = re.compile(r"\d+(?:[.,:'’/\u00a0\u202f]\d+)*")
_IDENTIFIER = re.compile(
    r"(?<![\w@＠#＃])(?:\w*[^\W_]_\w+|[^\W\d_]+\d\w*)"
)  # how accounts are called, with or without an @
_WORD = re.compile(r"[^\W\d_](?:[\w'’]|-(?=\w))*")
_HASHTAG = re.compile(r"(?<![\w&/])[#＃](\w+)")
_SENTENCE_END = re.compile(r"[.!?:…\n„“”«»\"(]\W*$")
_HIDDEN = re.compile("[\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
# An address that is written so that nobody makes a link of it.
DISGUISED = re.compile(
    r"\w\s*[\[({]\s*(?:\.|dot|punkt|point|punto)\s*[\])}]\s*\w|\b\w+\s+dot\s+(?:com|net|org|io|co|me|xyz|app|dev|ai)\b"
    r"|\bhxxps?\b|\bh\s?t\s?t\s?p\s?s?\s?:|[a-z0-9-][․．][a-z]{2}|[a-z0-9-][｡。](?:com|net|org|io|co|me|xyz|app|dev|ai)\b"
    r"|(?:\b\w ){2,}(?:\w )?\.(?: \w\b){2}"
    r"|[a-z0-9]\s+\.(?:com|org|io|co|me|xyz|app|dev|ai)\b"
    r"|[a-z][\u0400-\u04ffοι]|[\u0400-\u04ffοι][a-z]",  # letters of another script that look like those beside them
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\W*(?:says?|said|told|tells|announces?|announced|warns?|warned|argues?|argued|claims?|claimed|sagte?|warnt|erklärte?"
    r"|dit|affirme|annonce|dice|dijo|anuncia|diz|disse|ha detto|zegt|mówi|сказал\w*|заявил\w*)\b",
    re.IGNORECASE,
)
# Words that stand for amounts, each line one amount. A line without a digit must be matched by one of its words.
_AMOUNTS = tuple(
    frozenset(line.split())
    for line in """
    2 two twice zwei zweimal deux dos twee
    3 three drei trois tres tre três drie
    4 four vier quatre cuatro quattro quatro
    5 five fünf cinq cinco cinque vijf
    6 six sechs seis zes
    7 seven sieben sept siete sette sete zeven
    8 eight acht huit ocho oito
    9 nine neun neuf nueve nove negen
    10 ten zehn dix diez dieci dez tien
    11 eleven elf onze undici
    12 twelve zwölf douze doce dodici doze twaalf dozen dutzend douzaine docena dozzina dúzia dozijn
    13 thirteen dreizehn treize trece tredici treze dertien
    14 fourteen vierzehn quatorze catorce quattordici catorze veertien
    15 fifteen fünfzehn quinze quince quindici vijftien
    16 sixteen sechzehn dieciséis sedici dezesseis zestien
    17 seventeen siebzehn diecisiete diciassette dezessete zeventien
    18 eighteen achtzehn dieciocho diciotto dezoito achttien
    19 nineteen neunzehn diecinueve diciannove dezenove negentien
    20 twenty zwanzig vingt veinte venti vinte twintig
    30 thirty dreißig dreissig trente treinta trenta trinta dertig
    40 forty fourty vierzig quarante cuarenta quaranta quarenta veertig
    50 fifty fünfzig cinquante cincuenta cinquanta cinquenta vijftig
    60 sixty sechzig soixante sesenta sessanta sessenta zestig
    70 seventy siebzig septante setenta settanta zeventig
    80 eighty achtzig quatre-vingts octante ochenta ottanta oitenta tachtig
    90 ninety neunzig nonante noventa novanta negentig
    100 hundred hundreds hundert cent cien ciento cento honderd
    1000 1,000 1.000 thousand thousands tausend mille mil duizend
    million millions millionen millón millones milione milioni milhão milhões miljoen mln mn
    billion billions bn milliarde milliarden mrd milliard milliards miljard miliardo miliardi
    trillion trillions billionen
    percent % prozent pourcent pct percento procent процентов процента
    half halb halbe halben hälfte moitié mitad metà metade helft
    third thirds drittel tercio terzo terço
    quarter quarters viertel cuarto quarto kwart
    double doubled verdoppelt doublé duplicado raddoppiato twice
    triple tripled treble trebled threefold verdreifacht triplé triplicado triplicato
    quadruple quadrupled fourfold vervierfacht quadruplé
    dozens dutzende dutzenden dizaines docenas dozzine dúzias tientallen
    euro euros € eur
    dollar dollars $ usd
    pound pounds £ gbp pfund
    """.strip().splitlines()
)  # fmt: skip
_AMOUNT_WORD = re.compile(r"[%€$£]|\d+(?:[.,]\d+)*|[^\W\d_]+")
# Amounts that German writes in one word: they must stand in the evidence as they are.
_COMPOUND = re.compile(
    r"(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf)+"
    r"(?:und(?:zwanzig|drei(?:ß|ss)ig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig)|hundert\w*|tausend\w*)"
)
_BEFORE_NOUNS = """
    der die das den dem des ein eine einen einem einer eines kein keine keinen keiner im am zum zur beim vom ins ans
    mehr weniger viele wenige alle beide sein seine seinen seiner ihr ihre ihren ihrer unser unsere euer eure und oder
    für mit auf aus bei nach seit ohne gegen über unter vor zwischen pro je als wie in an um durch zu
"""
# Words that open a sentence and speak, and are no names.
_SPEAKERS = """
    it he she they we you this that who one which what nobody somebody es er sie wer man das dies il elle ils elles on
    qui ça cela él ella ellos quien eso lui lei loro chi ele ela eles quem hij zij ze wie on ona oni он она они кто
"""
_NO_NAMES = frozenset(_SPEAKERS.split())
_DETERMINERS = frozenset(_BEFORE_NOUNS.split())
_CONTRACTED = frozenset({"here", "there", "what", "where", "how", "let", "when"})  # here's, let's
_NOUNS_ARE_LARGE = frozenset({"de", "lb"})
_LONGEST_ENDING = 3  # letters by which two forms of a name may differ


def unsupported(text: str, evidence: str, *, owner: str = "", language: str | None = None) -> tuple[str, ...]:
    """What *text* claims that neither *evidence* (the source's words) nor the *owner*'s words give; empty when all is.

    Names are words with a large letter inside a sentence, at its beginning only where they are seen to be names; in
    German, whose nouns are large, those without an article, an adjective or a preposition before them.
    """
    known = f"{evidence}\n{owner}"
    return tuple(
        dict.fromkeys([*_oddities(text), *_wrong_amounts(text, known), *_wrong_names(text, known, language)])
    ) + (tuple(dict.fromkeys([*_wrong_addresses(text, known), *_wrong_quotations(text, known)])))


def plain(text: str) -> str:
    """*text* as two wordings are compared: compatibility forms, small letters, straight quotes, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return " ".join(text.split())


def _oddities(text: str) -> Iterator[str]:
    if _HIDDEN.search(text):
        yield "it holds hidden characters"
    if DISGUISED.search(text):
        yield "it holds an address in disguise"


def _wrong_amounts(text: str, known: str) -> Iterator[str]:
    prose = _without_links(text)
    given = {_digits(number) for number in _NUMBER.findall(known)}
    for number in _NUMBER.findall(prose):
        if _digits(number) not in given and not _is_given(number.lower(), known):
            yield f"the number {number} is in no cited fact"
    for word in dict.fromkeys(found.lower() for found in _AMOUNT_WORD.findall(prose) if not found[0].isdigit()):
        if (_COMPOUND.fullmatch(word) or any(word in line for line in _AMOUNTS)) and not _is_given(word, known):
            yield f"the amount {word!r} is in no cited fact"
    for sign in dict.fromkeys(character for character in prose if unicodedata.category(character) in ("No", "Nl")):
        if sign not in known and _in_digits(sign) not in given:
            yield f"the number {sign} is in no cited fact"


def _in_digits(sign: str) -> str:
    """The value of a sign such as ², ⑨ or Ⅷ in digits."""
    return f"{unicodedata.numeric(sign, -1):g}"


def _digits(number: str) -> str:
    """*number* so that 1,000 and 1.000 are the same, and 3.5 and 35 are not."""
    return re.sub(r"(?<=\d)[,.'’\u00a0\u202f](?=\d{3}(?!\d))", "", number).replace(",", ".")


def _is_given(word: str, known: str) -> bool:
    words = {found.lower() for found in _AMOUNT_WORD.findall(known)}
    return word in words or any(word in line and line & words for line in _AMOUNTS)


def _wrong_names(text: str, known: str, language: str | None) -> Iterator[str]:
    given = {plain(word) for word in _WORD.findall(known)} | {plain(piece) for piece in re.split(r"[\W_]+", known)}
    joined = re.sub(r"\W+", "", plain(known))
    prose = _without_links(text)
    for tag in _HASHTAG.findall(prose):
        if plain(tag) not in joined:
            yield f"the hashtag #{tag} is in no cited fact"
    for identifier in _IDENTIFIER.findall(prose):
        if plain(identifier) not in plain(known):
            yield f"the name {identifier} is in no cited fact"
    for name in _names(_HASHTAG.sub(" ", prose), language):
        if not all(_is_form_of(plain(piece), given) for piece in re.split(r"[-'’]", name) if len(piece) > 1):
            yield f"the name {name} is in no cited fact"


def _names(text: str, language: str | None) -> Iterator[str]:
    """The words of *text* that are names by how they are written."""
    found = list(_WORD.finditer(text))
    for at, match in enumerate(found):
        word = match.group()
        if not any(letter.isupper() for letter in word) or word in ("I", "I'm", "I’m", "I've", "I’ve"):
            continue
        following = found[at + 1] if at + 1 < len(found) else None
        begins = at == 0 or bool(_SENTENCE_END.search(text[: match.start()]))
        if any(letter.isupper() for letter in word[1:]) and not word.istitle():
            yield word
        elif begins:
            if _opens_with_name(text, match, following, language):
                yield word
        elif not (language in _NOUNS_ARE_LARGE and _is_noun(found[at - 1].group())):
            yield word


def _opens_with_name(text: str, match: re.Match[str], following: re.Match[str] | None, language: str | None) -> bool:
    """Whether the first word of a sentence is a name: another large word follows, a genitive, or a verb of saying."""
    word = re.split("['’]", match.group())[0].lower()
    if match.group().endswith(("'s", "’s")) or _SAID.match(text[match.end() :]):
        return word not in _NO_NAMES and word not in _CONTRACTED
    if following is None or not following.group()[:1].isupper() or language in _NOUNS_ARE_LARGE:
        return False
    # "The Council", "In Berlin": a short word before a name is none.
    return text[match.end() : following.start()] == " " and len(match.group()) > 4


def _is_noun(before: str) -> bool:
    """Whether a large German word after *before* is a common noun: an article, an adjective or a preposition."""
    if before in _DETERMINERS or before.lower() in _DETERMINERS:
        return True
    return before[:1].islower() and before.endswith(("e", "en", "er", "es", "em"))


def _is_form_of(word: str, given: set[str]) -> bool:
    """Whether *word* is one of *given*, or differs from one by its ending: Berlin, Berlins, Berliner."""
    if word in given or not word:
        return True
    stem = word[: max(4, len(word) - _LONGEST_ENDING)]
    return len(word) >= 4 and any(
        other.startswith(stem) and abs(len(other) - len(word)) <= _LONGEST_ENDING for other in given
    )


def _wrong_addresses(text: str, known: str) -> Iterator[str]:
    handles = {handle.lower() for handle in MENTION.findall(known)}
    for handle in MENTION.findall(text):
        if handle.lower() not in handles:
            yield f"the handle {handle} is in no cited fact"
    links = {known[start:end].lower() for start, end in link_spans(known)}
    for start, end in link_spans(text):
        if text[start:end].lower() not in links:
            yield f"the link {text[start:end]} is in no cited fact"
    if "://" in text and not links:
        yield "it holds a link"


def _wrong_quotations(text: str, known: str) -> Iterator[str]:
    said = plain(known)
    for quotation in QUOTED.findall(text):
        inside = plain(quotation[1:-1]).strip(" .,;:!?…")
        if inside not in said:
            yield f"the quotation {quotation} is not what the source says"


def _without_links(text: str) -> str:
    kept, at = [], 0
    for start, end in link_spans(text):
        kept.append(text[at:start])
        at = end
    return " ".join([*kept, text[at:]])
