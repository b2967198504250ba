"""`ostinato project`: what posts are about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from commands import wiring
from commands.groups import Commands
from commands.output import dry_run_option, json_option, say, show, table
from scheduler.operations import projects
from scheduler.operations.projects import Described
from scheduler.shown import researches as views

if TYPE_CHECKING:
    from domain.material import Material
    from domain.project import Project
    from settings import Settings

description_option = click.option("--description", metavar="TEXT", help="What it is, for whom, in which tone.")
url_option = click.option("--url", metavar="URL", help="Its page; without a description, what that says is kept.")
colour_option = click.option("--colour", "colours", multiple=True, metavar="#RRGGBB", help="A brand colour; up to 10.")
image_option = click.option("--image", metavar="REFERENCE", help="A picture: its URL, or the id of a file.")


@click.group(cls=Commands)
def command() -> None:
    """Projects: what posts are about, as context for whoever writes them."""


@command.command()
@click.argument("name")
@description_option
@url_option
@colour_option
@image_option
@dry_run_option
@json_option
def add(
    name: str,
    description: str | None,
    url: str | None,
    colours: tuple[str, ...],
    image: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Keep the project NAME, with a description or the URL of its page.

    A template names it: projects = ["…"]. It is context for a language model, and no source: no post is about it alone.

    \b
    Example:
      ostinato project add "Acme Ferries" --description "Ferries for islanders; dry, friendly, no jokes about weather."
    """
    described = Described(name, description, url, colours, image)
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        made = asyncio.run(
            projects.add(
                database,
                described,
                read_page=lambda page: _read(settings, page),
                now=wiring.now(),
                new_id=wiring.new_id,
            )
        )
    show(views.project(made), lambda: say(f"project {made.id}: {made.name}"), as_json=as_json, dry_run=dry_run)


@command.command("list")
@click.option("--deleted", is_flag=True, help="Those that were removed too.")
@json_option
def list_(deleted: bool, as_json: bool) -> None:
    """List the projects by name.

    \b
    Example:
      ostinato project list
    """
    with wiring.opened() as database:
        found = projects.list_all(database, include_deleted=deleted)
    rows = [(each.id, each.name, each.url, _short(each.description), each.deleted_at) for each in found]
    columns = ("id", "name", "url", "description", "removed")
    empty = "no projects; add one with `ostinato project add NAME --description TEXT`"
    view = {"projects": [views.project(each) for each in found]}
    show(view, lambda: table(columns, rows, empty=empty), as_json=as_json)


@command.command("show")
@click.argument("project_id", metavar="ID")
@json_option
def show_(project_id: str, as_json: bool) -> None:
    """Show the project ID.

    \b
    Example:
      ostinato project show 01987a
    """
    with wiring.opened() as database:
        found = projects.get(database, project_id)
    show(views.project(found), lambda: _tell(found), as_json=as_json)


@command.command()
@click.argument("project_id", metavar="ID")
@click.option("--name", help="Another name.")
@description_option
@url_option
@colour_option
@image_option
@dry_run_option
@json_option
def edit(
    project_id: str,
    name: str | None,
    description: str | None,
    url: str | None,
    colours: tuple[str, ...],
    image: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change the project ID; what is not named stays, and an empty text empties a field.

    \b
    Example:
      ostinato project edit 01987a --description "Ferries for islanders and their visitors."
    """
    described = Described(name, description, url, colours or None, image)
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        changed = asyncio.run(
            projects.change(
                database, project_id, described, read_page=lambda page: _read(settings, page), now=wiring.now()
            )
        )
    show(views.project(changed), lambda: _tell(changed), as_json=as_json, dry_run=dry_run)


@command.command()
@click.argument("project_id", metavar="ID")
@dry_run_option
@json_option
def remove(project_id: str, dry_run: bool, as_json: bool) -> None:
    """Hide the project ID; templates that name it go on without it.

    \b
    Example:
      ostinato project remove 01987a
    """
    with wiring.opened(dry_run=dry_run) as database:
        found = projects.remove(database, project_id, now=wiring.now())
    said = f"removed project {found.id}: {found.name}"
    show(views.project(found), lambda: say(said), as_json=as_json, dry_run=dry_run)


async def _read(settings: Settings, url: str) -> Material:
    from commands.reading import reading
    from sources.page import read_page

    async with reading(settings) as (client, pool):
        return await read_page(url, client=client, offload=pool, material_id="m0", now=wiring.now())


def _tell(found: Project) -> None:
    say(f"{found.name} ({found.id})")
    for each in (found.description, found.url, found.found and f"its page says: {_short(found.found)}"):
        if each:
            say(each)
    if found.colours:
        say(" ".join(found.colours))


def _short(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
