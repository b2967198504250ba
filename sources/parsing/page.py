"""From the bytes of a page to its article: hidden text out, walls told apart, trafilatura for the rest."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlElement, document_fromstring  # type: ignore[import-untyped]
from trafilatura import bare_extraction, extract_metadata

from sources.cleaning import clean
from sources.parsing.charset import decode
from sources.parsing.hidden import remove_hidden
from sources.parsing.page_tables import Rows, tables
from sources.parsing.trees import CONTROLS, html_parser
from sources.parsing.walls import Signs, size, why_no_article

_CHALLENGES = (
    *("cf-chl", "challenge-platform", "_cf_chl_opt", "turnstile", "g-recaptcha", "recaptcha/api", "h-captcha"),
    *("hcaptcha.com", "px-captcha", "captcha-delivery", "datadome", "_incapsula_resource", "awswafcaptcha"),
    *("aws-waf-token", "ddos-guard", "anubis_challenge"),
)
_HEADING = etree.XPath("string((//h1)[1])", smart_strings=False)
_TAB = etree.XPath("string((//title)[1])", smart_strings=False)
_PASSWORD = etree.XPath("boolean(//input[@type='password'])")
_CLASSES = etree.XPath("//@class", smart_strings=False)
_PLACES = etree.XPath("//form/@id | //iframe/@src", smart_strings=False)
_LINKED_DATA = etree.XPath("//script[@type='application/ld+json']/text()", smart_strings=False)
_DECLARED_DATES = tuple(
    etree.XPath(path, smart_strings=False)
    for path in (
        "//meta[@property='article:published_time' or @property='og:article:published_time']/@content",
        "//meta[@itemprop='datePublished']/@content",
        "//*[@itemprop='datePublished']/@datetime",
        "//meta[@name='date' or @name='dc.date' or @name='DC.date.issued' or @name='pubdate']/@content",
        "//article//time[@pubdate]/@datetime",
    )
)
_DECLARED_LANGUAGES = tuple(
    etree.XPath(path, smart_strings=False)
    for path in (
        "/html/@lang",
        "/html/@*[name()='xml:lang']",
        "//meta[@property='og:locale' or @name='language']/@content",
        "//meta[translate(@http-equiv,'CL','cl')='content-language']/@content",
    )
)
_DATE_IN_DATA = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9-_]*)?")
ELEMENTS_LIMIT = 40_000
TITLE_LIMIT, TEXT_LIMIT = 500, 200_000  # characters
_ELEMENTS = etree.XPath("count(//*)")
_WORD, _NUMBER = re.compile(r"[^\W\d_]{3,}"), re.compile(r"\d+(?:[.,]\d+)*")
_LOOKED_AT = 4_000  # characters of what is visible that are asked whether they are a wall
_TAG_LIMIT = 12
_WITHOUT_SCRIPTS = 500  # characters from which the words for readers without scripts may be the article
_SENTENCE_CELL = 60  # characters of a table's cell from which it holds sentences and not figures
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """An article and what its page declares about it; nothing is guessed. *problem* says why there is none."""

    text: str = ""
    title: str = ""
    site: str | None = None
    author: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    published_at: datetime | None = None
    problem: str | None = None
    tables: tuple[Rows, ...] = ()


def extract(body: bytes, url: str, charset: str | None = None) -> ExtractedPage:
    """Give the article in the HTML of *body*. Paragraphs are lines of their own.

    A page that is no article comes back with its `problem` in a sentence and no text.
    """
    try:
        return _extract(body, url, charset)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - what hostile bytes do to a parser is the source's fault
        return ExtractedPage(problem=f"no parser can make sense of the page ({type(error).__name__}: {error})"[:200])


def _extract(body: bytes, url: str, charset: str | None) -> ExtractedPage:
    tree = _tree(decode(body, charset))
    if tree is None:
        return ExtractedPage(problem="the page is empty")
    if _ELEMENTS(tree) > ELEMENTS_LIMIT:  # the time to find the article grows with their square
        return ExtractedPage(problem=f"the page has more than {ELEMENTS_LIMIT:,} elements")
    language = _language(tree)
    published_at = _published_at(tree)
    challenge, scripts, noscript = _code(tree)
    heading = clean(" ".join(_HEADING(tree).split()))
    tab = clean(" ".join(_TAB(tree).split()))
    password = bool(_PASSWORD(tree))
    about = extract_metadata(tree, default_url=url, extensive=False)
    spare = deepcopy(tree) if size(noscript) >= _WITHOUT_SCRIPTS else None
    remove_hidden(tree)
    shown = clean(" ".join(_HEADING(tree).split()))
    visible = _visible(tree)
    figures = tables(tree)
    text = _article(tree, url)
    if spare is not None and size(noscript) > size(text):
        text = _article_without_scripts(spare, url)
    signs = Signs(
        title=_title(about.title or "", heading=shown, tab=tab, text=f"{visible}\n{text}"),
        heading=heading,
        text=text,
        visible=visible,
        noscript=noscript,
        password=password,
        scripts=scripts,
        challenge=challenge,
    )
    if problem := why_no_article(signs):
        return ExtractedPage(title=signs.title, problem=problem)
    return ExtractedPage(
        text=signs.text,
        title=signs.title,
        site=_line(about.sitename),
        author=_line(about.author),
        language=language,
        tags=_tags(about.tags or []),
        published_at=published_at,
        tables=figures,
    )


def _title(declared: str, *, heading: str, tab: str, text: str) -> str:
    """Give the title that the page declares, unless it speaks of what no reader of the page sees.

    A declaration for machines may say anything: of its words half must stand in the page, and of its numbers all.
    """
    shown = f"{heading}\n{tab}\n{text}".casefold()
    declared = " ".join(clean(declared[: 2 * TITLE_LIMIT]).split())
    words = _WORD.findall(declared.casefold())
    known = sum(word in shown for word in words)
    trusted = 2 * known >= len(words) and all(number in shown for number in _NUMBER.findall(declared))
    return (declared if trusted else heading or tab)[:TITLE_LIMIT].strip()


def _cut(text: str) -> str:
    """Give the beginning of *text* up to the last whole line or word that the limit leaves."""
    return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT].rpartition(" ")[0].strip() or text[:TEXT_LIMIT]


def _article_without_scripts(tree: HtmlElement, url: str) -> str:
    """Read the page as readers without scripts see it: some pages have their article nowhere else."""
    for element in list(tree.iter("noscript")):
        element.tag = "div"
    remove_hidden(tree)
    return _article(tree, url)


def _article(tree: HtmlElement, url: str) -> str:
    # trafilatura changes the tree that it is given
    found: Any = bare_extraction(tree, url=url, fast=True, include_comments=False, include_tables=True)
    lines = ((found.text if found else "") or "").split("\n")
    return _cut(clean("\n".join(piece for line in lines for piece in _without_cells(line))))


def _without_cells(line: str) -> list[str]:
    """Give a line as it is; of a table's row, only the cells that hold sentences."""
    if not line.startswith("|"):
        return [line]
    return [cell.strip() for cell in line.split("|") if len(cell.strip()) >= _SENTENCE_CELL]


def extract_plain(body: bytes, charset: str | None = None) -> ExtractedPage:
    """Give a plain text as an article without a title."""
    text = _cut(clean(decode(body, charset)))
    return ExtractedPage(text=text, problem=None if text else "the text is empty")


def _tree(markup: str) -> HtmlElement | None:
    markup = _XML_DECLARATION.sub("", markup.translate(CONTROLS), count=1)
    if not markup.strip():
        return None
    try:
        tree = document_fromstring(markup, parser=html_parser())
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError("the page's tree does not fit") from error
        return None
    except etree.ParserError:  # nothing but comments
        return None
    return tree if len(tree) else None


def _code(tree: HtmlElement) -> tuple[bool, int, str]:
    """Look at what is about to be removed: bot wall code, the number of scripts, the words for readers without them."""
    scripts = list(tree.iter("script"))
    code = [(script.text or "")[:20_000] + " " + script.get("src", "") for script in scripts]
    marked = " ".join((*code, *_CLASSES(tree)[:2_000], *_PLACES(tree))).lower()
    noscript = clean(" ".join(element.text_content() for element in tree.iter("noscript"))[:4_000])
    return any(sign in marked for sign in _CHALLENGES), len(scripts), noscript


def _visible(tree: HtmlElement) -> str:
    """Give the beginning of what the eye sees, each piece on a line of its own: enough to know a wall by."""
    body = tree.find("body")
    lines: list[str] = []
    length = 0
    for text in (tree if body is None else body).itertext():
        if length > _LOOKED_AT:
            break
        if text.strip() and (line := clean(text)):
            lines.append(line)
            length += len(line) + 1
    return "\n".join(lines)


def _language(tree: HtmlElement) -> str | None:
    for value in (value for find in _DECLARED_LANGUAGES for value in find(tree)):
        if found := _LANGUAGE.fullmatch(value.strip()):
            return found[1].lower()
    return None


def _published_at(tree: HtmlElement) -> datetime | None:
    values = [value for find in _DECLARED_DATES for value in find(tree)]
    for data in _LINKED_DATA(tree):
        values += _DATE_IN_DATA.findall(data)
    return next((moment for value in values[:20] if (moment := _instant(value))), None)


def _instant(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _tags(declared: list[str]) -> tuple[str, ...]:
    """Split what sites put into one tag, drop repetitions and what is no tag at all."""
    words = (clean(word.strip(" \"'")) for tag in declared for word in re.split("[,;]", tag))
    return tuple(dict.fromkeys(word for word in words if 1 < len(word) <= 40))[:_TAG_LIMIT]


def _line(value: str | None) -> str | None:
    return clean(value or "").replace("\n", " ")[:200] or None
