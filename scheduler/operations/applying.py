"""Making the template files of a folder true: what they name is created or changed, what is gone from them is paused.

All in one transaction, after every file was read and found right: wrong ones change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from domain import template_document
from domain.calendar import CalendarRead
from domain.errors import FieldError, InvalidInput
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.template import StoredTemplate, Template, TemplateStatus
from domain.template_document import is_active, parse, to_document
from domain.template_document.schedule import ReadCalendar
from scheduler import due
from scheduler.operations import calendar_copies, mending, replacing, told
from scheduler.operations import templates as operations
from scheduler.operations.joined import Joined
from scheduler.operations.template_files import read_file
from scheduler.operations.told import NO_SECRETS, Secrets
from storage import feeds as all_feeds
from storage import templates
from storage.database import Database
from storage.templates import UnreadableTemplate
from storage.webhooks import Cipher

SUFFIXES = frozenset({".toml", ".yaml", ".yml", ".json"})
GONE = "no longer in "  # the folder's name follows
INACTIVE = "is_active = false in its file"
_DAY = timedelta(days=1)


class Prune(StrEnum):
    """What becomes of a template that this folder manages when no file names it any more."""

    PAUSE = "pause"
    DELETE = "delete"
    KEEP = "keep"


class Action(StrEnum):
    """What was done with one template."""

    CREATED = "created"
    CHANGED = "changed"
    ADOPTED = "adopted"  # it is as its file says already; from now on this folder manages it
    UNCHANGED = "unchanged"
    RESUMED = "resumed"  # it was paused by an earlier apply, and its file is back
    PAUSED = "paused"
    DELETED = "deleted"
    KEPT = "kept"  # no file names it any more


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of the document before and after; None where it is not set."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What was done with one template; *secrets* sign the requests to those of its webhooks that are new."""

    action: Action
    stored: StoredTemplate
    file: Path | None = None
    fields: tuple[FieldChange, ...] = ()
    secrets: Secrets = NO_SECRETS


@dataclass(frozen=True, slots=True)
class Written:
    """A template file and the document it holds."""

    file: Path
    document: Mapping[str, Any]


def read_files(path: Path) -> list[Written]:
    """Give the documents of the template file *path*, or of all template files right in the folder *path*, by name.

    Other files and hidden ones are left out. Raises InvalidInput naming every file that cannot be read.
    """
    files = [path]
    if path.is_dir():
        inside = (each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.name[0] != ".")
        files = sorted(each for each in inside if each.is_file())
    if not files:
        raise InvalidInput([FieldError(str(path), "holds no template file (.toml, .yaml, .yml or .json)")])
    found: list[Written] = []
    problems: list[FieldError] = []
    for file in files:
        try:
            found.append(Written(file, read_file(file)))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return found


def refuse_unheard(written: Iterable[Written], *, hears: bool) -> None:
    """Raise InvalidInput naming every file with something spoken, where no model writes it down."""
    problems = []
    for each in written:
        try:
            template_document.refuse_unheard(each.document, hears=hears)
        except InvalidInput as error:
            problems += [FieldError(f"{each.file}: {one.field}", one.reason) for one in error.problems]
    if problems:
        raise InvalidInput(problems)


def apply(
    database: Database,
    written: Collection[Written],
    *,
    mark: str,
    prune: Prune,
    calendars: Iterable[CalendarRead] = (),
    cipher: Cipher,
    now: datetime,
    new_id: Callable[[], str],
    owner: str = LOCAL_OWNER,
) -> list[Change]:
    """Make *written* true among the owner's templates and give what was done with each template, by name.

    *mark* names the folder: its templates carry it, and only those are pruned. A changed template keeps its id, runs
    and posts. Raises InvalidInput naming the file and the field of all that is wrong; nothing is changed then.
    """
    with database.write() as connection:
        calendar_copies.keep(connection, calendars, now=now, owner=owner)
        return _Applying(connection, mark, cipher, now, new_id, owner).all(written, prune)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Give the fields that differ between two documents; those of a table as `table.field`."""
    old, new = _flat(before), _flat(after)
    names = dict.fromkeys((*old, *new))
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def read_again(
    document: Mapping[str, Any],
    stored: StoredTemplate | None,
    *,
    id: str,  # noqa: A002
    now: datetime,
    feeds: Mapping[int, str],
    read_calendar: ReadCalendar | None = None,
) -> Template:
    """Read a whole document. That its end has passed is no problem when the *stored* template ends then too."""
    try:
        return parse(document, id=id, now=now, feeds=feeds, read_calendar=read_calendar)
    except InvalidInput:
        end = stored.template.schedule.end if stored else None
        if end is None or end > now:
            raise
        template = parse(document, id=id, now=end - _DAY, feeds=feeds, read_calendar=read_calendar)
        if template.schedule.end != end:
            raise
        return template


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat


class _Applying:
    """One apply in its transaction."""

    def __init__(
        self, connection: Connection, mark: str, cipher: Cipher, now: datetime, new_id: Callable[[], str], owner: str
    ) -> None:
        self._owner = owner
        self._connection = connection
        self._mark = mark
        self._cipher = cipher
        self._now = now
        self._new_id = new_id
        self._joined = Joined(connection)
        self._stored = {each.template.name: each for each in templates.list_all(connection, owner=owner)}
        self._broken = {each.name: each for each in templates.list_unreadable(connection, owner=owner)}
        self._dates = calendar_copies.stored_dates(connection, owner=owner)
        self._feeds = {feed.id: feed.url for feed in all_feeds.list_feeds(connection, owner=owner)}

    def all(self, written: Collection[Written], prune: Prune) -> list[Change]:
        changes: list[Change] = []
        problems: list[FieldError] = []
        files: dict[str, Path] = {}
        for each in written:
            try:
                template = self._parsed(each.document)
                if template.name in files:
                    taken = f"{template.name!r} is the name in {files[template.name].name} already; choose another"
                    raise InvalidInput([FieldError("name", taken)])
                files[template.name] = each.file
                changes.append(self._one(each, template))
            except InvalidInput as error:
                problems += [FieldError(f"{each.file.name}: {one.field}", one.reason) for one in error.problems]
        if problems:
            raise InvalidInput(problems)
        mine = (each for each in self._stored.values() if each.template.managed_by == self._mark)
        gone = (self._pruned(each, prune) for each in mine if each.template.name not in files)
        changes += [change for change in gone if change is not None]
        return sorted(changes, key=lambda change: change.stored.template.name)

    def _parsed(self, document: Mapping[str, Any]) -> Template:
        stored = self._stored.get(str(document.get("name")))
        template = read_again(
            document, stored, id=self._new_id(), now=self._now, feeds=self._feeds, read_calendar=self._dates
        )
        return replace(template, owner_id=self._owner)

    def _one(self, written: Written, template: Template) -> Change:
        active = is_active(written.document)
        before = self._stored.get(template.name)
        if template.name in self._broken:
            return self._mended(written, self._broken[template.name])
        if before is None:
            return self._created(written.file, replace(template, managed_by=self._mark), active=active)
        moved = self._set_active(before, active=active)
        if moved is not None:  # from here on as it stands now: a change must not swallow what the pause has to record
            before = templates.get(self._connection, before.template.id)
        action, fields, secrets = self._put(before, replacing.following(before, template, self._now))
        if moved is not None:
            fields += (FieldChange("is_active", not active, active),)
            action = action if action is Action.CHANGED else moved
        stored = before if action is Action.UNCHANGED else templates.get(self._connection, before.template.id)
        return Change(action, stored, written.file, fields, secrets)

    def _put(self, before: StoredTemplate, template: Template) -> tuple[Action, tuple[FieldChange, ...], Secrets]:
        """Keep *template*, managed by this folder, in the place of the one *before*, when they differ."""
        fields = compare(to_document(before.template), to_document(template))
        manager = before.template.managed_by
        taken = () if manager == self._mark else (FieldChange("managed_by", manager, self._mark),)
        if fields:
            replaced = replace(template, managed_by=self._mark)
            replacing.put(self._connection, before, replaced, now=self._now, new_id=self._new_id)
            secrets = told.follow(
                self._connection, template, self._cipher, self._now, self._new_id, before=before.template
            )
            return Action.CHANGED, fields + taken, secrets
        if taken:
            marked = replace(before.template, managed_by=self._mark)
            templates.replace(self._connection, marked, now=before.state.updated_at)
            return Action.ADOPTED, taken, NO_SECRETS
        return Action.UNCHANGED, (), NO_SECRETS

    def _created(self, file: Path, template: Template, *, active: bool) -> Change:
        added = operations.keep(
            self._connection, template, active=active, cipher=self._cipher, now=self._now, new_id=self._new_id
        )
        return Change(Action.CREATED, added.stored, file, secrets=added.secrets)

    def _mended(self, written: Written, broken: UnreadableTemplate) -> Change:
        """Put a file in the place of what could not be read. It stays paused: a person looks before it goes on."""
        parsed = read_again(
            written.document, None, id=broken.id, now=self._now, feeds=self._feeds, read_calendar=self._dates
        )
        template = replace(parsed, managed_by=self._mark, owner_id=self._owner)
        stored = mending.mend(self._connection, broken, template, now=self._now, new_id=self._new_id)
        secrets = told.follow(self._connection, template, self._cipher, self._now, self._new_id)
        return Change(Action.CHANGED, stored, written.file, (), secrets)

    def _set_active(self, before: StoredTemplate, *, active: bool) -> Action | None:
        """Pause a template whose file says so; let one go on that an earlier apply paused. Another's pause stays."""
        status = before.state.status
        if not active and status is TemplateStatus.ACTIVE:
            self._pause(before, INACTIVE)
            return Action.PAUSED
        ours = before.state.pause_reason is Reason.BY_OWNER and before.state.pause_note in (
            INACTIVE,
            GONE + (before.template.managed_by or self._mark),
        )
        over = due.first_slot(before.template.schedule, self._now) is None  # it can end, but not go on
        if active and status is TemplateStatus.PAUSED and ours and not over:
            operations.resume(self._joined, before.template.id, now=self._now, new_id=self._new_id)
            return Action.RESUMED
        return None

    def _pruned(self, stored: StoredTemplate, prune: Prune) -> Change | None:
        """Do with a template that is gone from the folder what was asked; None when it stands still already."""
        active = stored.state.status is TemplateStatus.ACTIVE
        if prune is Prune.DELETE:
            deleted = operations.delete(self._joined, stored.template.id, now=self._now, new_id=self._new_id)
            return Change(Action.DELETED, deleted.stored)
        if not active:
            return None
        if prune is Prune.KEEP:
            return Change(Action.KEPT, stored)
        self._pause(stored, GONE + self._mark)
        return Change(Action.PAUSED, templates.get(self._connection, stored.template.id))

    def _pause(self, stored: StoredTemplate, note: str) -> None:
        operations.pause(self._joined, stored.template.id, note=note, now=self._now, new_id=self._new_id)
