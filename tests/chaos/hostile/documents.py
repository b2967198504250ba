"""Pages and feeds that tell one honest story, with room for what does not belong in it."""

from __future__ import annotations

from html import escape

from tests.chaos.hostile.planting import STORY, TITLE


def page(more: str = "", *, title: str = TITLE, head: str = "", body: str = "", before: str = "") -> str:
    """Give a page with *more* in the middle of its article, *head* in its head, *body* as attributes of its body."""
    told = [f"<p>{each}</p>" for each in STORY]
    article = "".join([*told[:2], more, *told[2:]])
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head>"
        f"<body {body}>{before}<article><h1>{title}</h1>{article}</article></body></html>"
    )


def item(more: str = "", *, title: str = TITLE, link: str = "https://harbour.example/tram", rest: str = "") -> str:
    """Give an item of RSS that tells the story as HTML, with *more* in its middle and *rest* beside it."""
    told = [f"<p>{each}</p>" for each in STORY]
    content = escape("".join([*told[:2], more, *told[2:]]))
    linked = f"<link>{link}</link>" if link else ""
    return f"<item><title>{title}</title>{linked}{rest}<description>{content}</description></item>"


def rss(items: str, *, channel: str = "<title>Harbour Notes</title>", prolog: str = "") -> str:
    """Give a feed of RSS 2.0 with *items*; the namespaces that feeds use are declared."""
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    )
    return f'<?xml version="1.0"?>{prolog}<rss version="2.0" {spaces}><channel>{channel}{items}</channel></rss>'


def atom(entries: str, *, more: str = "") -> str:
    """Give an Atom feed with *entries*."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Harbour Notes</title>{more}{entries}</feed>"
    )


def entry(more: str = "", *, title: str = f"<title>{TITLE}</title>", rest: str = "") -> str:
    """Give an entry of Atom that tells the story."""
    content = escape("".join(f"<p>{each}</p>" for each in (*STORY[:2],)) + more + f"<p>{STORY[2]}</p>")
    return f'<entry>{title}<id>urn:tram:1</id>{rest}<content type="html">{content}</content></entry>'
