"""The elements that a page's own style sheets hide."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement  # type: ignore[import-untyped]

from sources.parsing.styles import hides_for_good, unescaped, without_comments

_COMPOUND = re.compile(
    r"""(?:\*|[a-z][\w-]{0,40})?
    (?:[.#][\w-]{1,80}|\[\s*[a-z][\w-]{0,40}\s*(?:=\s*(?:"[\w -]{0,80}"|'[\w -]{0,80}'|[\w-]{1,80})\s*)?\])*""",
    re.VERBOSE | re.IGNORECASE,
)
_MARK = re.compile(r"""([.#])([\w-]+)|\[\s*([\w-]+)\s*(?:=\s*["']?([^"'\]]*)["']?\s*)?\]""")
# Rules within these hold for everybody; within others for print, a narrow screen, or nobody.
_FOR_ALL = re.compile(
    r"@(?:media\s+(?:only\s+)?(?:all|screen)|layer(?:\s[\w.-]+)?|supports\s*\(\s*display\s*:\s*\w+\s*\))", re.IGNORECASE
)
_SHEETS_LIMIT = 500_000  # characters of style sheets looked at per page
_DEPTH = 4  # blocks around one rule, and compounds of one selector
_LOOKS = 200_000  # at elements around others; a page that takes more is believed to hide what it may


@dataclass(frozen=True, slots=True)
class _Compound:
    """What an element must be: its name, id, classes, and attributes with their values, where they matter."""

    element: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str | None], ...] = ()

    @property
    def key(self) -> str:
        """What the elements are looked up by that may be it."""
        return f"#{self.id}" if self.id else f".{min(self.classes)}" if self.classes else self.element

    def fits(self, element: HtmlElement) -> bool:
        """Whether *element* is it."""
        has = element.get
        return (
            (not self.element or element.tag == self.element)
            and (not self.id or has("id") == self.id)
            and (not self.classes or self.classes <= set(has("class", "").split()))
            and all(has(name) is not None and value in (None, has(name)) for name, value in self.attributes)
        )


_Selector = tuple[
    tuple[_Compound, bool], ...
]  # innermost first; whether the one before is its child, at any depth else


def hidden_by_sheets(tree: HtmlElement) -> list[HtmlElement]:
    """Give the elements below *tree* that a rule of its `style` elements hides.

    Known are selectors made of elements, classes, ids and attributes, also below one another. What the cascade does
    with a rule afterwards is not looked at.
    """
    sheet = "\n".join(each.text or "" for each in tree.iter("style"))[:_SHEETS_LIMIT]
    rules: dict[str, dict[_Selector, None]] = defaultdict(dict)
    for text in _hiding_selectors(sheet):
        if selector := _selector(text):
            rules[selector[0][0].key][selector] = None
    return list(_matching(tree, rules)) if rules else []


def _matching(tree: HtmlElement, rules: dict[str, dict[_Selector, None]]) -> Iterator[HtmlElement]:
    looks = [_LOOKS]
    for element in tree.iter("*"):
        keys = (element.tag, f"#{element.get('id')}", "", *(f".{name}" for name in element.get("class", "").split()))
        if any(_fits(element, selector, looks) for key in keys if key in rules for selector in rules[key]):
            yield element


def _fits(element: HtmlElement, selector: _Selector, looks: list[int]) -> bool:
    """Whether *element* is what *selector* selects. The nearest element around it that may be a compound is taken."""
    looks[0] -= 1
    (compound, _), *around = selector
    if not compound.fits(element):
        return False
    for wanted, child in around:
        outer = element.iterancestors()
        for each in islice(outer, 1) if child else outer:
            looks[0] -= 1
            if looks[0] < 0 or wanted.fits(each):
                element = each
                break
        else:
            return looks[0] < 0
    return True


def _hiding_selectors(sheet: str) -> Iterator[str]:
    for prelude, body in _rules(without_comments(sheet)):
        if hides_for_good(body):
            yield from (unescaped(selector.strip()) for selector in prelude.split(","))


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Give what stands before and within the braces of each rule that holds for everybody."""
    around: list[str] = []  # what stands before each brace that is open
    text = ""
    for piece in re.split(r"([{}])", sheet):
        if piece == "{":
            around.append(text.rpartition(";")[2].strip())
            text = ""
        elif piece == "}":
            rule = around.pop() if around else "@"
            if len(around) <= _DEPTH and not rule.startswith("@") and all(map(_FOR_ALL.fullmatch, around)):
                yield rule, text
            text = ""
        else:
            text = piece


def _selector(text: str) -> _Selector:
    """Give *text* taken apart, innermost first; empty where it says more than is known here."""
    steps = text.replace(">", " > ").split() if "[" not in text else text.split()
    found: list[tuple[_Compound, bool]] = []
    child = False
    for step in reversed(steps[: 2 * _DEPTH + 1]):
        if step == ">":
            child = True
        elif step == "*" or not _COMPOUND.fullmatch(step):
            return ()
        else:
            found.append((_compound(step), child))
            child = False
    return () if child or len(found) > _DEPTH or len(steps) > 2 * _DEPTH else tuple(found)


def _compound(step: str) -> _Compound:
    marks = _MARK.findall(step)
    attributes = [(name.lower(), value.strip() or None) for sign, _, name, value in marks if not sign]
    return _Compound(
        element=re.split(r"[.#\[]", step)[0].lower().strip("*"),
        id=next((name for sign, name, *_ in marks if sign == "#"), ""),
        classes=frozenset(name for sign, name, *_ in marks if sign == "."),
        attributes=tuple(attributes),
    )
