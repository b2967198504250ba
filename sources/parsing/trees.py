"""The parser of HTML that everything here uses: lxml's, without asking Python for the class of every element."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]
from lxml.html import HtmlComment, HtmlElement, HTMLParser  # type: ignore[import-untyped]

# lxml.html gives forms and their fields classes of their own, and looks for each element's in Python, again and again:
# a quarter of what it takes to read a page.
_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)


def html_parser() -> HTMLParser:
    """Give a new parser, whose elements are all HtmlElement, and which leaves out processing instructions."""
    parser = HTMLParser(remove_pis=True, huge_tree=False)
    parser.set_element_class_lookup(_CLASSES)
    return parser
