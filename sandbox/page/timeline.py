"""The sandbox's timeline as HTML pages, for looking at what was posted. Everything that was written is escaped."""

import html
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.answers import iso
from sandbox.api.reading import TWEETS
from sandbox.api.tweets import is_tweet_id
from sandbox.api.users import find_user
from sandbox.api.writes import settle_due
from sandbox.editorial.text import find_links
from sandbox.page.media import serve_media
from sandbox.world import World

SHOWN = 60
STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title} · Sandbox</title><style>{style}</style></head>
<body><header><a href="/"><strong>Sandbox</strong></a><span>a local stand-in for X; nothing here leaves this
machine</span></header><main><h1>{title}</h1>{about}{posts}</main></body></html>"""
LABEL = '<p class="count">Made with AI</p>'
Look = Callable[[World, Request], Response]


def routes(world: World) -> list[Route]:
    """Return the routes of the pages."""
    table: list[tuple[str, Look]] = [
        ("/", show_all),
        ("/@{username}", show_user),
        ("/status/{id}", show_status),
        ("/i/status/{id}", lambda _, request: RedirectResponse(f"/status/{request.path_params['id']}")),
        ("/media/{name}", serve_media),
    ]
    return [Route(path, _endpoint(world, look), methods=["GET"]) for path, look in table]


def _endpoint(world: World, look: Look) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        settle_due(world, int(world.options.clock() * 1000))
        return look(world, request)

    return endpoint


def show_all(world: World, _: Request) -> Response:
    """Show the newest conversations of all users."""
    return _page("Timeline", _conversations(world, "state = 'live'", ()))


def show_user(world: World, request: Request) -> Response:
    """Show a user and the newest conversations that the user took part in."""
    user = find_user(world, request.path_params["username"])
    if user is None:
        return _missing("user")
    name, about = html.escape(user["username"]), html.escape(user["about"])
    details = f'<p class="about">{about} <span>@{name} · {user["followers"]} followers</span></p>'
    return _page(user["name"], _conversations(world, "state = 'live' AND user_id = ?", (user["id"],)), details)


def show_status(world: World, request: Request) -> Response:
    """Show one tweet within its conversation."""
    number = request.path_params["id"]
    row = None
    if is_tweet_id(number):
        query = "SELECT conversation_id FROM tweets WHERE id = ? AND state = 'live'"
        row = world.db.execute(query, (int(number),)).fetchone()
    if row is None:
        return _missing("post")
    return _page("Post", _thread(world, row["conversation_id"], int(number)))


def _conversations(world: World, condition: str, values: tuple[int, ...]) -> str:
    query = f"SELECT conversation_id FROM tweets WHERE {condition} GROUP BY 1 ORDER BY max(id) DESC LIMIT {SHOWN}"  # noqa: S608
    rows = world.db.execute(query, values).fetchall()
    return "".join(_thread(world, row["conversation_id"]) for row in rows) or "<p>Nothing has been posted yet.</p>"


def _thread(world: World, conversation: int, chosen: int = 0) -> str:
    query = f"{TWEETS} WHERE conversation_id = ? AND state = 'live' ORDER BY tweets.id"
    posts = "".join(_post(row, chosen=row["id"] == chosen) for row in world.db.execute(query, (conversation,)))
    return f'<section class="thread">{posts}</section>'


def _post(row: sqlite3.Row, *, chosen: bool) -> str:
    name, username, moment = html.escape(row["name"]), html.escape(row["username"]), iso(row["created_at"])
    likes = json.loads(row["metrics"]).get("likeCount", 0)
    return (
        f'<article{" class=chosen" if chosen else ""} id="t{row["id"]}">'
        f'<span class="face" style="--hue:{row["user_id"] * 47 % 360}">{html.escape(row["name"][:1])}</span>'
        f'<div><p class="who"><a href="/@{username}"><b>{name}</b></a> <span>@{username}</span> · '
        f'<a href="/status/{row["id"]}"><time datetime="{moment}">{moment[:10]} {moment[11:16]}</time></a></p>'
        f'<p class="text" dir="auto">{linked(row["text"])}</p>{_pictures(row)}{LABEL if row["made_with_ai"] else ""}'
        f'<p class="count">{likes} likes · <code>https://x.com/i/status/{row["id"]}</code></p></div></article>'
    )


def linked(text: str) -> str:
    """Return *text* as HTML: escaped, links marked but not followed."""
    parts, end = [], 0
    for start, stop in find_links(text):
        parts += [html.escape(text[end:start]), f'<span class="link">{html.escape(text[start:stop])}</span>']
        end = stop
    return "".join([*parts, html.escape(text[end:])])


def _pictures(row: sqlite3.Row) -> str:
    """Return the media that the sandbox itself keeps; anything else is only named, since pages load nothing."""
    shown = []
    for item in json.loads(row["media"]):
        url, local = html.escape(item["mediaUrl"]), item["mediaUrl"].partition("/media/")
        if item["type"] == "photo" and local[1] and local[0].startswith("http://"):
            shown.append(f'<img src="/media/{html.escape(local[2])}" alt="attached image">')
        else:
            shown.append(f'<span class="link">{url}</span>')
    if row["attachment_url"]:
        shown.append(f'<span class="card">{html.escape(row["attachment_url"])}</span>')
    return f'<div class="media">{"".join(shown)}</div>' if shown else ""


def _page(title: str, posts: str, about: str = "") -> Response:
    page = PAGE.format(title=html.escape(title), style=STYLE, about=about, posts=posts)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"})


def _missing(what: str) -> Response:
    page = PAGE.format(title="Not found", style=STYLE, about="", posts=f"<p>There is no such {what} here.</p>")
    return HTMLResponse(page, 404)
