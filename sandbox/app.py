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
from sandbox.api import accounts, compose, tweets, users, writes
from sandbox.call import PREFIX
from sandbox.door import Handler, door, respond
from sandbox.options import SandboxOptions
from sandbox.world import World

API: list[tuple[str, str, Handler]] = [
    ("POST", "/compose", compose.compose),
    ("GET", "/x/accounts", accounts.list_accounts),
    ("GET", "/x/accounts/{id}", accounts.get_account),
    ("DELETE", "/x/accounts/{id}", accounts.delete_account),
    ("POST", "/x/tweets", tweets.create_tweet),
    ("DELETE", "/x/tweets/{id}", tweets.delete_tweet),
    ("GET", "/x/users/{id}", users.get_user),
    ("GET", "/x/users/{id}/tweets", users.get_user_tweets),
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
        routes=[*routes, *admin.routes(world)],
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
