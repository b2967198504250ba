"""Titles as headlines: without the site's name, and only if they say something."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.material import Material, MaterialKind
from generators.embedded import boilerplate
from generators.embedded.filters import balanced, is_safe
from generators.embedded.language import unspaced_share
from generators.rules import word_count

FEWEST_WORDS, SHORTEST, LONGEST = 3, 15, 200
SHORTEST_UNSPACED = 6
LONGEST_SITE = 40  # characters of a site's name

_SEPARATOR = re.compile(r"\s+[|›»·•::–—-]\s+|\s*[|｜]\s*")
_GENERIC = re.compile(
    r"^(?:home|start(?:seite)?|aktuelles|news|blog|über uns|about(?: us)?|impressum|kontakt|contact|untitled|index"
    r"|allgemein|welcome.*|willkommen.*|accueil|inicio|post|artikel|article|\W*)$",
    re.IGNORECASE,
)


def headline(material: Material, *, short: bool = False) -> tuple[int, int] | None:
    """The span of *material*'s title that can head a post, or None. *short* admits names and version numbers."""
    span = _without_site(material)
    text = material.title[span[0] : span[1]]
    if not text or _GENERIC.match(text) or text.endswith(("...", "…")) or not balanced(text):
        return None
    if material.site and text.casefold() == material.site.casefold():
        return None
    if material.kind is not MaterialKind.TEXT and (not is_safe(text, material) or boilerplate.ADVERT.search(text)):
        return None
    return span if short or _says_something(text) else None


def site_name(material: Material) -> str:
    """The name of *material*'s site as it can be said in a post: not an address, which X would link."""
    name = material.site or ""
    usable = name == name.strip() and len(name) <= LONGEST_SITE and not name.startswith("@") and name.isprintable()
    return name if usable and "." not in name.strip(".") and _only_names(name, material) else ""


def _only_names(name: str, material: Material) -> bool:
    """Whether *name* is no account's, gives no orders and, declared where no reader of a page looks, holds no number
    but one that he sees.
    """
    if "_" in name or not is_safe(name, material) or boilerplate.ADVERT.search(name):
        return False
    shown = f"{material.url}\n{material.title}\n{material.text}"
    return material.kind is not MaterialKind.PAGE or all(number in shown for number in re.findall(r"\d+", name))


def _says_something(text: str) -> bool:
    if unspaced_share(text) > 0.5:
        return SHORTEST_UNSPACED <= len(text) <= LONGEST
    return word_count(text) >= FEWEST_WORDS and SHORTEST <= len(text) <= LONGEST


def _without_site(material: Material) -> tuple[int, int]:
    title = material.title
    start, end = len(title) - len(title.lstrip()), len(title.rstrip())
    for match in reversed(list(_SEPARATOR.finditer(title))):
        tail, head = title[match.end() : end].strip(), title[start : match.start()].strip()
        if head and (
            _names_site(tail, material)
            or (set(match.group()) & set("|›»") and word_count(tail) <= 4 < word_count(head))
        ):
            end = match.start()
        elif tail and (
            _names_site(head, material) or ("|" in match.group() and word_count(head) <= 2 < word_count(tail))
        ):
            start = match.end()
    return start, start + len(title[start:end].rstrip(" -–—|›»·•:"))


def _names_site(text: str, material: Material) -> bool:
    words = re.sub(r"\W", "", text.casefold())
    host = (urlsplit(material.url or "").hostname or "").removeprefix("www.")
    names = [re.sub(r"\W", "", name.casefold()) for name in (material.site or "", host, host.split(".")[0]) if name]
    return bool(words) and any(words in name or (name in words and len(words) < 2 * len(name)) for name in names)
