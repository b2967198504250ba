"""The parser of HTML that everything here uses: lxml's, without asking Python for the class of every element."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlComment, HtmlElement, HTMLParser  # type: ignore[import-untyped]

# lxml.html gives forms and their fields classes of their own, and looks for each element's in Python, again and again:
# a quarter of what it takes to read a page.
_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
# A parser may end, or begin anew, at what is no character of a document: it is taken out before.
CONTROLS = dict.fromkeys(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0C, 0x0D))


def html_parser() -> HTMLParser:
    """Give a new parser, whose elements are all HtmlElement, and which leaves out processing instructions."""
    parser = HTMLParser(remove_pis=True, huge_tree=False)
    parser.set_element_class_lookup(_CLASSES)
    return parser
