"""Bytes that are not what they say, or say nothing: wrong encodings, marks, zeros, and letters written too long."""

from __future__ import annotations

from tests.chaos.hostile.case import Case, reply
from tests.chaos.hostile.documents import item, page, rss
from tests.chaos.hostile.planting import FACT, ORDERS

_SCRIPT = f"<script>{FACT}</script>"
_COMMENT = f"<!-- {FACT} -->"


def _html(name: str, body: bytes, kind: str = "text/html", *, hidden: bool = False, told: bool = True) -> Case:
    return Case(name, "page", lambda: reply(body, kind=kind), hidden=hidden, ends="read" if told else "either")


def _xml(name: str, body: bytes, kind: str = "text/xml", *, hidden: bool = False, told: bool = True) -> Case:
    return Case(name, "feed", lambda: reply(body, kind=kind), hidden=hidden, ends="read" if told else "either")


def cases() -> list[Case]:
    """Give every encoding."""
    story, hiding = page(), page(_COMMENT)
    feed = rss(item())
    overlong = b"\xc0\xbcp style=display:none\xc0\xbe" + FACT.encode() + b"\xc0\xbc/p\xc0\xbe"
    in_utf7 = "+ADw-p+AD4-" + ORDERS[2] + "+ADw-/p+AD4-"
    return [
        _html("UTF-8 with its mark", b"\xef\xbb\xbf" + hiding.encode(), hidden=True),
        _html("a mark in the middle", story.replace("<p>", "<p>\ufeff").encode()),
        _html("UTF-16, small end first", b"\xff\xfe" + hiding.encode("utf-16-le"), hidden=True),
        _html("UTF-16, large end first", b"\xfe\xff" + hiding.encode("utf-16-be"), hidden=True),
        _html("UTF-16 without its mark", hiding.encode("utf-16-le"), "text/html; charset=utf-16le", hidden=True),
        _html("UTF-16 of half a letter", b"\xff\xfe" + hiding.encode("utf-16-le") + b"\xd8", hidden=True),
        _html("UTF-32", hiding.encode("utf-32"), hidden=True, told=False),
        _html("UTF-32, large end first", b"\x00\x00\xfe\xff" + hiding.encode("utf-32-be"), hidden=True, told=False),
        _html("UTF-7 by its header", page(in_utf7).encode(), "text/html; charset=utf-7"),
        _html("UTF-7 by its own word", page(in_utf7, head="<meta charset=utf-7>").encode()),
        _html("an unknown encoding", hiding.encode(), "text/html; charset=x-evilgrab", hidden=True),
        _html("no encoding of text", hiding.encode(), "text/html; charset=zlib", hidden=True),
        _html("one that turns letters", hiding.encode(), "text/html; charset=rot13", hidden=True),
        _html("one of escapes", page("\\u0040evilgrab_bot tells more.").encode(), "text/html; charset=unicode_escape"),
        _html("one of names", hiding.encode(), "text/html; charset=idna", hidden=True),
        _html("one of mainframes", hiding.encode("cp037"), "text/html; charset=cp037", hidden=True),
        _html(
            "header and page that differ",
            page("Grüße", head="<meta charset=koi8-r>").encode(),
            "text/html; charset=utf-8",
        ),
        _html(
            "Latin that claims to be UTF-8",
            page("<p>Größe, Straße, façade</p>").encode("latin-1"),
            "text/html; charset=utf-8",
        ),
        _html("UTF-8 that claims to be Latin", page("<p>Größe, Straße</p>").encode(), "text/html; charset=latin-1"),
        _html(
            "switches of Japanese",
            page("\x1b(J<!--\x1b(B " + ORDERS[1] + "\x1b$B").encode(),
            "text/html; charset=iso-2022-jp",
        ),
        _html("switches of Chinese", page("~{<:Ky2;~} " + ORDERS[1]).encode(), "text/html; charset=hz-gb-2312"),
        _html(
            "a letter that swallows a quote",
            page('<p title="\x81" style="display:none">').encode("latin-1"),
            "text/html; charset=shift_jis",
            told=False,
        ),
        _html("letters written too long", story.encode().replace(b"</h1>", b"</h1>" + overlong)),
        _html("halves of letters", page("\ud800\udc00 \udfff").encode("utf-8", "surrogatepass")),
        _html("zero bytes in the tags", page(f"<scr\0ipt>{ORDERS[0]}</scr\0ipt><st\0yle>x").encode(), told=False),
        _html("zero bytes in a comment", page(f"<!-\0- {ORDERS[0]} -\0->").encode()),
        _html("zero bytes between letters", page("<p>" + "\0".join(ORDERS[2]) + "</p>").encode()),
        _html("nothing but zero bytes", bytes(100_000), told=False),
        _html("characters of control", page("<p>\x07\x08\x1b]0;evilgrab\x07\x7f\x9b31m</p>").encode()),
        _html("all bytes there are", bytes(range(256)) * 40, told=False),
        _html("UTF-8 twice", story.replace("tram", "trám").encode().decode("latin-1").encode()),
        _html("a text with its type forgotten", f"{story}".encode(), "evilgrab", hidden=True),
        _html("a page without a type", hiding.encode(), "", hidden=True),
        _html("a page under a type that is none", hiding.encode(), "html", hidden=True),
        _xml("a feed in UTF-16", b"\xff\xfe" + feed.encode("utf-16-le"), "text/xml; charset=utf-16"),
        _xml("a feed in UTF-32", feed.encode("utf-32"), told=False),
        _xml("a feed that claims UTF-16", feed.replace("?>", ' encoding="utf-16"?>', 1).encode()),
        _xml("a feed in UTF-7", feed.replace("?>", ' encoding="utf-7"?>', 1).encode(), told=False),
        _xml("a feed of an encoding that is none", feed.replace("?>", ' encoding="evilgrab"?>', 1).encode()),
        _xml("a feed with zero bytes", feed.replace("<title>", "<ti\0tle>\0").encode(), told=False),
        _xml("a feed with characters of control", feed.replace("<title>", "<title>\x0b\x1b[31m").encode()),
        _xml("a feed with bytes that are no letters", feed.encode().replace(b"tram", b"\xfft\xc3ram")),
        _html("a script in UTF-16 in a page in UTF-8", story.encode() + _SCRIPT.encode("utf-16-le")),
    ]
