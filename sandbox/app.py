"""The application: which handler answers which route."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import admin
from sandbox.answers import ApiError
from sandbox.api import (
    account,
    accounts,
    articles,
    compose,
    drafts,
    media,
    radar,
    search,
    styles,
    tweets,
    users,
    writes,
)
from sandbox.call import PREFIX
from sandbox.door import Handler, door, respond
from sandbox.options import SandboxOptions
from sandbox.page import timeline
from sandbox.world import World

API: list[tuple[str, str, Handler]] = [
    ("POST", "/compose", compose.compose),
    ("POST", "/styles", styles.fetch_style),
    ("GET", "/styles", styles.list_styles),
    # Before /styles/{username}: nobody's style is called "compare".
    ("GET", "/styles/compare", styles.compare_styles),
    ("GET", "/styles/{username}/performance", styles.get_performance),
    ("PUT", "/styles/{username}", styles.save_style),
    ("GET", "/styles/{username}", styles.get_style),
    ("DELETE", "/styles/{username}", styles.delete_style),
    ("POST", "/drafts", drafts.create_draft),
    ("GET", "/drafts", drafts.list_drafts),
    ("GET", "/drafts/{id}", drafts.get_draft),
    ("DELETE", "/drafts/{id}", drafts.delete_draft),
    ("GET", "/account", account.get_account),
    ("PUT", "/account/x-identity", account.set_identity),
    ("GET", "/credits", account.get_credits),
    ("GET", "/radar", radar.list_radar),
    ("GET", "/trends", radar.list_trends),
    ("GET", "/x/trends", radar.list_trends),
    ("GET", "/x/accounts", accounts.list_accounts),
    ("GET", "/x/accounts/{id}", accounts.get_account),
    ("DELETE", "/x/accounts/{id}", accounts.delete_account),
    ("POST", "/x/media", media.upload_media),
    ("POST", "/x/tweets", tweets.create_tweet),
    ("GET", "/x/tweets/search", search.search_tweets),
    ("GET", "/x/tweets/{id}", search.get_tweet),
    ("DELETE", "/x/tweets/{id}", tweets.delete_tweet),
    ("GET", "/x/users/{id}", users.get_user),
    ("GET", "/x/users/{id}/tweets", users.get_user_tweets),
    ("GET", "/x/articles/{id}", articles.get_article),
    ("GET", "/x/write-actions/{id}", writes.get_write),
]


def create_app(options: SandboxOptions) -> Starlette:
    """Return the sandbox as an application; its database is opened at once and closed with the application."""
    world = World(options)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        world.close()

    routes = [Route(PREFIX + path, door(world, handler), methods=[method]) for method, path, handler in API]
    return Starlette(
        routes=[*routes, *admin.routes(world), *timeline.routes(world)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse, Exception: _break},
    )


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer what Starlette itself refuses: an unknown route, a method that a route does not take."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_input")
    return respond(ApiError(error.status_code, code).answer())


async def _break(_: Request, __: Exception) -> Response:
    return respond(ApiError(500, "internal_error").answer())
