"""Taking out of a page what a reader does not see: the usual place for planted instructions."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from sources.parsing.sheets import hidden_by_sheets
from sources.parsing.styles import hides

_NEVER_SHOWN = (
    *("template", "noscript", "style", "script", "object", "embed", "iframe", "svg", "math", "datalist"),
    *("noframes", "noembed", "audio", "video", "canvas"),  # what stands in them is for those who cannot have them
    *(etree.Comment, etree.ProcessingInstruction, etree.Entity),
)
# What may be hidden by its own attributes; asked in C, because nearly all elements have none of them.
_SUSPECTS = etree.XPath(
    "descendant-or-self::*[@hidden or @aria-hidden or @style or @popover or self::dialog or (self::input and @type)]"
)
_HIDDEN = "hidden-from-the-eye"
_STORY = 500  # characters beside a hidden element that are a page without it


def remove_hidden(tree: HtmlElement) -> None:
    """Remove in place comments, scripts, and every element that is hidden from the eye.

    Looked at are inline styles (not shown, transparent, in the colour of its background, tiny, off screen, clipped),
    the attributes `hidden`, `aria-hidden`, `popover` and `type=hidden`, closed dialogs, and the page's own style
    sheets. What outside style sheets and scripts hide is not known here. An element with more than half of the page's
    text stays where hardly anything is left without it: it is the page itself, hidden until a script shows it.
    """
    suspects = hidden_by_sheets(tree)
    etree.strip_elements(tree, *_NEVER_SHOWN, with_tail=False)
    suspects += [element for element in _SUSPECTS(tree) if _is_hidden(element)]
    if suspects:
        whole = len(tree.text_content())
        most = max(whole / 2, whole - _STORY)
        for element in suspects:
            if len(element.text_content()) <= most and element.tag not in ("html", "body"):
                element.tag = _HIDDEN
        # In C, which keeps the text behind each: Python may not write back what it reads where that is no XML.
        etree.strip_elements(tree, _HIDDEN, with_tail=False)


def _is_hidden(element: HtmlElement) -> bool:
    attributes = element.attrib
    return (
        ("hidden" in attributes and attributes["hidden"].lower() != "until-found")
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or (element.tag == "input" and attributes.get("type", "").lower() == "hidden")
        or "popover" in attributes
        or (element.tag == "dialog" and "open" not in attributes)
        or hides(attributes.get("style", ""))
    )
