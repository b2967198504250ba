"""What a person can do with projects: what posts are about, as context for whoever writes them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from domain.errors import Conflict, FieldError, InvalidInput
from domain.material import Material
from domain.owner import LOCAL_OWNER
from domain.project import COLOURS_LIMIT, DESCRIPTION_LIMIT, NAME_LIMIT, Project
from domain.template_document.fields import url_problem
from scheduler.operations.prefixes import whole_id
from storage import projects
from storage.database import Database
from storage.tables import projects as rows

NewId = Callable[[], str]
ReadPage = Callable[[str], Awaitable[Material]]  # raises SourceError
FOUND_LIMIT = 2_000  # characters of a page that are kept
IMAGE_LIMIT = 2_048
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class Described:
    """What a person says of a project; None leaves a field as it is, and "" or an empty list empties it.

    *palette* has the colours by their part (`text`, `background`, `brand`, `accent`); what it does not name stays.
    """

    name: str | None = None
    description: str | None = None
    url: str | None = None
    colours: tuple[str, ...] | None = None
    image: str | None = None
    palette: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page at *url* says, None where nobody could read it."""

    url: str
    words: str | None


async def add(
    database: Database,
    described: Described,
    *,
    read_page: ReadPage | None,
    now: datetime,
    new_id: NewId,
    owner: str = LOCAL_OWNER,
) -> Project:
    """Keep a new project. With a URL and no description of the owner's, what its page says is kept beside it.

    Raises InvalidInput naming all problems, and SourceError when that page cannot be read; nothing is kept then.
    """
    made = await draft(described, read_page=read_page, now=now, new_id=new_id, owner=owner)
    with database.write() as connection:
        projects.add(connection, made)
        return made


async def draft(
    described: Described, *, read_page: ReadPage | None, now: datetime, new_id: NewId, owner: str
) -> Project:
    """Give a new project, which is not kept yet. Raises as `add` does."""
    blank = Project(new_id(), "", now, now, owner_id=owner)
    return changed(blank, described, await page_of(blank, described, read_page=read_page), now=now)


async def change(
    database: Database,
    name: str,
    described: Described,
    *,
    read_page: ReadPage | None,
    now: datetime,
    owner: str = LOCAL_OWNER,
) -> Project:
    """Change a project; the page is read where its URL is another. What is not described stays as others left it.

    Raises as `add` does, NotFound, and as `changed` does.
    """
    before = get(database, name, owner=owner)
    page = await page_of(before, described, read_page=read_page)
    with database.write() as connection:
        kept = changed(projects.get(connection, before.id, owner=owner), described, page, now=now)
        projects.replace(connection, kept)
        return kept


async def page_of(before: Project, described: Described, *, read_page: ReadPage | None) -> Page | None:
    """Read the page that *before* needs once it is as *described*; None where it needs none.

    This may take seconds: do it in no transaction. Raises InvalidInput naming all problems, and SourceError.
    """
    url = _unread(_applied(before, described))
    if url is None:
        return None
    if read_page is None:
        return Page(url, None)
    page = await read_page(url)
    return Page(url, "\n".join(filter(None, (page.title, page.text)))[:FOUND_LIMIT])


def changed(before: Project, described: Described, page: Page | None, *, now: datetime) -> Project:
    """Give *before*, as it is in this transaction, with what is *described* and what *page* says; not kept yet.

    Raises InvalidInput naming all problems, and Conflict when its page by now is another than the one that was read.
    """
    after = replace(_applied(before, described), updated_at=max(now, before.updated_at))
    url = _unread(after)
    if url is None:
        return after
    if page is None or page.url != url:
        raise Conflict(f"project {before.id} was given another page while this was at work; ask again")
    return replace(after, found=page.words)


def get(database: Database, name: str, *, owner: str = LOCAL_OWNER) -> Project:
    """Give a project by its id, or the beginning of it. Raises NotFound."""
    with database.read() as connection:
        return projects.get(connection, whole_id(connection, rows.c.id, name), owner=owner)


def list_all(database: Database, *, include_deleted: bool = False, owner: str = LOCAL_OWNER) -> list[Project]:
    """Give the projects by name."""
    with database.read() as connection:
        return projects.list_all(connection, include_deleted=include_deleted, owner=owner)


def remove(database: Database, name: str, *, now: datetime, owner: str = LOCAL_OWNER) -> Project:
    """Hide a project; templates that name it go on without it. Removing twice is the same. Raises NotFound."""
    with database.write() as connection:
        found = projects.get(connection, whole_id(connection, rows.c.id, name), owner=owner)
        if found.deleted_at is None:
            found = replace(found, deleted_at=now, updated_at=now)
            projects.replace(connection, found)
        return found


def _unread(project: Project) -> str | None:
    """Give the URL of the page that alone can say what it is about, where that is not known yet."""
    return None if project.description or project.found else project.url


def _applied(project: Project, described: Described) -> Project:
    """Give *project* as it is described, with what its page says where that is still needed. Raises InvalidInput."""
    after = replace(
        project,
        name=_tidy(described.name, project.name),
        description=_tidy(described.description, project.description),
        url=_tidy(described.url, project.url or "") or None,
        image=_tidy(described.image, project.image or "") or None,
        colours=project.colours if described.colours is None else tuple(dict.fromkeys(described.colours)),
        palette=replace(project.palette, **{part: colour or None for part, colour in described.palette.items()}),
    )
    if problems := list(_problems(after)):
        raise InvalidInput(problems)
    return after if after.url == project.url and not after.description else replace(after, found=None)


def _tidy(given: str | None, otherwise: str) -> str:
    return otherwise if given is None else given.replace("\0", " ").strip()


def _problems(project: Project) -> list[FieldError]:
    found = []
    if not project.name:
        found.append(FieldError("name", "is missing; give it one"))
    for name, value, most in (
        ("name", project.name, NAME_LIMIT),
        ("description", project.description, DESCRIPTION_LIMIT),
        ("image", project.image or "", IMAGE_LIMIT),
    ):
        if len(value) > most:
            found.append(FieldError(name, f"has {len(value)} characters; at most {most} are allowed"))
    if not project.description and project.url is None:
        found.append(FieldError("description", "is missing; give a description or a url"))
    if project.url is not None and (reason := url_problem(project.url)):
        found.append(FieldError("url", reason))
    if len(project.colours) > COLOURS_LIMIT:
        found.append(FieldError("colours", f"has {len(project.colours)} entries; at most {COLOURS_LIMIT} are allowed"))
    parts = {
        part: colour for part, colour in asdict(project.palette).items() if colour and not COLOUR.fullmatch(colour)
    }
    found += [
        FieldError(f"palette.{part}", f"{each!r} is no colour; write it like #0a7cff") for part, each in parts.items()
    ]
    wrong = [each for each in project.colours if not COLOUR.fullmatch(each)]
    found += [FieldError("colours", f"{each!r} is no colour; write it like #0a7cff") for each in wrong]
    return found
