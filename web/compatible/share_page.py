"""The public page of a post: its words, its pictures, and what it was made of. No script, no form, no other host."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from domain.picture import PictureKind
from domain.publication import PostStatus
from scheduler.shown.compatible import iso, source
from storage.post_pages import Paged

TITLE = 60  # characters of the post in the window's title
HERE = "../../.."  # the door's root from a page's path: it may lie below another path of a proxy
STYLE = """
body{font:18px/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1.5rem;color:#1a1a1a;background:#fff}
p{white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;height:auto;border-radius:.5rem}
article+article{border-top:1px solid #ccc}footer,li{font-size:.85rem;overflow-wrap:anywhere}h2{font-size:1rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#151515}a{color:#8bf}article+article{border-color:#444}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Robots-Tag": "noindex, nofollow"}


def page(shown: Sequence[Paged]) -> str:
    """Give the page of the parts *shown*, which are at least one."""
    return "\n".join(
        (
            '<!doctype html><html><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex, nofollow">',
            f"<title>{escape(_title(shown[0].post.text))}</title><style>{STYLE}</style></head><body><main>",
            *(line for each in shown for line in _part(each)),
            "</main>",
            *_sources(shown),
            f"<footer>@{escape(shown[0].post.account)} · {iso(shown[0].post.created_at)}</footer></body></html>",
        )
    )


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}…"


def _part(each: Paged) -> Iterator[str]:
    yield f'<article><p dir="auto">{escape(each.post.text)}</p>'
    yield from _pictures(each)
    if each.post.status is PostStatus.PUBLISHED and each.post.url:
        yield f"<footer>{_link(each.post.url, 'On X')}</footer>"
    yield "</article>"


def _pictures(each: Paged) -> Iterator[str]:
    """Show the pictures that are kept here; another host's is named, and fetched by nobody who only reads."""
    own = [one for one in each.post.pictures if one.kind is PictureKind.IMAGE]
    for picture in own or each.post.pictures:
        if picture.blob:
            yield f'<img src="{HERE}/files/{escape(picture.blob)}" alt="{escape(picture.alt)}">'
        elif picture.url:
            yield f"<p>{_link(picture.url, picture.alt or 'Picture')}</p>"


def _sources(shown: Sequence[Paged]) -> Iterator[str]:
    """Name what the posts were made of, each source once; what has no address stays with its owner."""
    found = [source(material) for each in shown for material in each.materials]
    named = {each["reference"]: each["description"] or each["reference"] for each in found if each["reference"]}
    if named:
        yield "<section><h2>Sources</h2><ul>"
        for reference, description in named.items():
            yield f"<li>{_link(reference, description)}</li>"
        yield "</ul></section>"


def _link(address: str, said: str) -> str:
    """Give a link; only the words where *address* is none of the web's."""
    if not address.lower().startswith(("https://", "http://")):
        return f'<span dir="auto">{escape(said)}</span>'
    return f'<a dir="auto" rel="nofollow noopener noreferrer" href="{escape(address)}">{escape(said)}</a>'
