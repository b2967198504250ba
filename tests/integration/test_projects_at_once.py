"""Two changes of one project at once: what one does while the other reads a page stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from domain.errors import Conflict
from domain.material import Material, MaterialKind
from domain.project import Palette, Project
from scheduler.operations import projects as operations
from scheduler.operations.projects import Described
from storage import projects
from storage.database import Database
from tests.integration.web_door import NOW, WebDoor, web_door

PAGE, OTHER = "https://ferries.example.com", "https://ferries.example.com/other"
MEANWHILE = NOW + timedelta(seconds=2)
OWN, COMPATIBLE = "/api/v1/projects/{}", "/projects/{}/update"


@dataclass
class Pages:
    """Reads pages; while it reads one, somebody else does something."""

    meanwhile: Callable[[], object] = lambda: None

    async def __call__(self, url: str) -> Material:
        self.meanwhile()
        return Material("m0", MaterialKind.PAGE, f"Words of {url}.", url=url)


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def door(database: Database, pages: Pages) -> Iterator[WebDoor]:
    with web_door(database, account="acme", read_page=pages) as found:
        yield found


@pytest.fixture
def acme(door: WebDoor) -> Project:
    said = door.done("POST", "/api/v1/projects", {"name": "Acme", "description": "Ferries."})
    return operations.get(door.database, said["id"])


def described(door: WebDoor, project: Project, change: Described) -> Project:
    """Change a project as somebody else does at the same time."""
    changed = operations.changed(operations.get(door.database, project.id), change, None, now=MEANWHILE)
    with door.database.write() as connection:
        projects.replace(connection, changed)
    return changed


def call(way: str, project: Project, **fields: str | None) -> tuple[str, str, dict[str, str | None]]:
    """Give the call that changes a project in one of the two ways."""
    method, name = ("PATCH", {}) if way == OWN else ("POST", {"name": "Acme"})
    return method, way.format(project.id), {**name, **fields}


@pytest.mark.parametrize("way", [OWN, COMPATIBLE])
def test_what_somebody_changes_while_the_page_is_read_stays(
    door: WebDoor, pages: Pages, acme: Project, way: str
) -> None:
    theirs = Described(colours=("#0a7cff",), palette={"brand": "#0a7cff"}, image="https://example.com/i.png")
    pages.meanwhile = lambda: described(door, acme, theirs)

    door.done(*call(way, acme, description=None, url=PAGE))

    kept = operations.get(door.database, acme.id)
    assert (kept.colours, kept.palette, kept.image) == (theirs.colours, Palette(brand="#0a7cff"), theirs.image)
    assert (kept.description, kept.url, kept.found) == ("", PAGE, f"Words of {PAGE}.")
    assert kept.updated_at == MEANWHILE


@pytest.mark.parametrize("way", [OWN, COMPATIBLE])
def test_a_project_that_is_removed_while_its_page_is_read_is_not_there(
    door: WebDoor, pages: Pages, acme: Project, way: str
) -> None:
    pages.meanwhile = lambda: operations.remove(door.database, acme.id, now=MEANWHILE)

    door.refused(404, *call(way, acme, description=None, url=PAGE))

    assert operations.get(door.database, acme.id) == replace(acme, deleted_at=MEANWHILE, updated_at=MEANWHILE)


def test_what_others_change_stays_where_the_command_reads_a_page(door: WebDoor, pages: Pages, acme: Project) -> None:
    pages.meanwhile = lambda: described(door, acme, Described(name="Acme Ferries"))
    said = Described(description="", url=PAGE)

    asyncio.run(operations.change(door.database, acme.id[:13], said, read_page=pages, now=NOW))

    kept = operations.get(door.database, acme.id)
    assert (kept.name, kept.found) == ("Acme Ferries", f"Words of {PAGE}.")


@pytest.mark.parametrize("way", [OWN, COMPATIBLE])
def test_words_of_a_page_that_is_its_no_more_are_not_kept(door: WebDoor, pages: Pages, acme: Project, way: str) -> None:
    described(door, acme, Described(url=PAGE))
    pages.meanwhile = lambda: described(door, acme, Described(url=OTHER))

    door.refused(409, *call(way, acme, description=None))

    kept = operations.get(door.database, acme.id)
    assert (kept.description, kept.url, kept.found) == ("Ferries.", OTHER, None)


def test_a_conflict_says_what_to_do() -> None:
    before = Project("p", "Acme", NOW, NOW, url=OTHER)

    with pytest.raises(Conflict, match=r"project p .* ask again"):
        operations.changed(before, Described(), operations.Page(PAGE, "words"), now=NOW)
