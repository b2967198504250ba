"""Templates: kept, found, and asked when they are due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict, InvalidInput, NotFound, Unreadable
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import StoredTemplate, Template, TemplateState, TemplateStatus, files_of
from storage import blobs, codec, schema
from storage.statements import Prepared, insert_or_nothing
from storage.tables import Holder, busy_index, constant, former_templates, runs, templates

ACTIVE = constant(TemplateStatus.ACTIVE)
CHUNK = 500  # ids in one IN list

_COLUMNS = ("id", "owner_id", "name", "account", "type", "once", "definition", "schema", "status", "next_slot_at")
_STATES = ("created_at", "updated_at", "paused_from", "pause_reason", "pause_note", "last_run_at", "deleted_at")
_INSERT = Prepared(insert_or_nothing(templates, *_COLUMNS, *_STATES))
# Changed twice at one instant, it was in between for no time: the first row says what it was until then.
_FORMER = Prepared(insert_or_nothing(former_templates, "template_id", "owner_id", "until", "definition"))


@dataclass(frozen=True, slots=True)
class UnreadableTemplate:
    """What is known of a template whose definition cannot be read; *why* says what is wrong and what to do."""

    id: str
    name: str
    account: str
    status: TemplateStatus
    next_slot_at: datetime | None
    why: str
    owner_id: str = LOCAL_OWNER


def insert(c: Connection, template: Template, state: TemplateState) -> None:
    """Keep a new template, and the files that it names.

    Raises Conflict when its owner has one of that name, and InvalidInput for a file that is not there.
    """
    row = {**_searched(template), "id": template.id, "owner_id": template.owner_id, **_state(state)}
    if _INSERT.run(c, [row]) == 0:
        raise _taken(template.name)
    _need_files(c, template, None)


def replace(c: Connection, template: Template, *, now: datetime) -> None:
    """Keep a changed definition, and what it was before; where it stands is not touched.

    Raises NotFound, and Conflict and InvalidInput as `insert` does.
    """
    before = get(c, template.id, owner=template.owner_id).template
    if before != template:
        former = {"template_id": template.id, "until": now, "definition": codec.dump(Template, before)}
        _FORMER.run(c, [{**former, "owner_id": template.owner_id}])
    change = update(templates).where(templates.c.id == template.id).values({**_searched(template), "updated_at": now})
    _refusing_a_taken_name(c, change, template.name)
    _need_files(c, template, before)


def get(c: Connection, name_or_id: str, *, owner: str | None = None) -> StoredTemplate:
    """Give the template of that id, deleted or not, or else the one of that name that is not deleted.

    Of *owner*; without one, the template of that id whoever has it, or the one of that name that `local` has. Raises
    NotFound, and Unreadable with the remedies.
    """
    return _stored(_row(c, name_or_id, owner))


def get_many(c: Connection, ids: Collection[str]) -> dict[str, StoredTemplate]:
    """Give the templates of *ids* that exist and can be read, deleted ones too, by id."""
    wanted = list(ids)
    found = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(templates).where(templates.c.id.in_(wanted[start : start + CHUNK]))
        found.update({each.template.id: each for each in _readable(c.execute(query).mappings())})
    return found


def definitions(c: Connection, ids: Collection[str]) -> dict[str, Template]:
    """As `get_many`, without what the rows say beside the template: for runs, whose claim waits for it."""
    wanted = list(ids)
    found: dict[str, Template] = {}
    for start in range(0, len(wanted), CHUNK):
        columns = (templates.c.id, templates.c.name, templates.c.definition)
        query = select(*columns).where(templates.c.id.in_(wanted[start : start + CHUNK]))
        for public_id, name, definition in c.execute(query):
            with suppress(Unreadable):
                found[public_id] = read_definition(definition, name)
    return found


def names(c: Connection, ids: Collection[str]) -> dict[str, str]:
    """Give the names of the templates of *ids*, also of those that cannot be read, by id."""
    wanted = list(ids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(templates.c.id, templates.c.name).where(templates.c.id.in_(wanted[start : start + CHUNK]))
        found.update((row.id, row.name) for row in c.execute(query))
    return found


def list_all(
    c: Connection, *, include_deleted: bool = False, include_once: bool = True, owner: str | None = None
) -> list[StoredTemplate]:
    """Give all templates that can be read, by name; those made for one post too, unless *include_once* is false.

    Those of *owner*, or with None of everybody.
    """
    query = _of(owner).order_by(templates.c.name, templates.c.id)
    query = query if include_deleted else query.where(_not_deleted())
    return list(_readable(c.execute(query if include_once else query.where(_recurs())).mappings()))


def recurring(
    c: Connection, *, owner: str, after: str = "", limit: int = CHUNK, include_deleted: bool = False
) -> list[StoredTemplate]:
    """Give up to *limit* of the templates that recur and can be read, in order of their ids, from behind *after*."""
    query = select(templates).where(templates.c.owner_id == owner, _recurs(), templates.c.id > after)
    query = query if include_deleted else query.where(_not_deleted())
    found: list[StoredTemplate] = []
    rows = list(c.execute(query.order_by(templates.c.id).limit(limit)).mappings())
    while rows and not (found := list(_readable(rows))):
        behind = query.where(templates.c.id > rows[-1]["id"])
        rows = list(c.execute(behind.order_by(templates.c.id).limit(limit)).mappings())
    return found


def list_unreadable(c: Connection, *, owner: str | None = None) -> list[UnreadableTemplate]:
    """Give the templates that cannot be read and are not deleted, by name: *owner*'s, or with None everybody's."""
    query = _of(owner).where(_not_deleted()).order_by(templates.c.name, templates.c.id)
    found = []
    for row in c.execute(query).mappings():
        try:
            _stored(row)
        except Unreadable as error:
            found.append(_unreadable(row, str(error)))
    return found


def counts(c: Connection, *, owner: str | None = None) -> dict[TemplateStatus, int]:
    """Count the templates of each status, *owner*'s or everybody's, without those made for one post.

    Those that cannot be read are counted too.
    """
    query = select(templates.c.status, func.count()).where(_recurs()).group_by(templates.c.status)
    query = query if owner is None else query.where(templates.c.owner_id == owner)
    return {TemplateStatus(status): count for status, count in c.execute(query)}


def get_unreadable(c: Connection, name_or_id: str, *, owner: str | None = None) -> UnreadableTemplate:
    """Give what is known of a template that `get` cannot read, found as `get` does. Raises NotFound."""
    return _unreadable(_row(c, name_or_id, owner), "its definition cannot be read")


def replace_unreadable(c: Connection, template: Template, *, now: datetime) -> None:
    """Put a definition in the place of one that cannot be read; where the template stands is not touched."""
    former = {"template_id": template.id, "owner_id": template.owner_id, "until": now, "definition": None}
    _FORMER.run(c, [former])
    change = update(templates).where(templates.c.id == template.id).values({**_searched(template), "updated_at": now})
    c.execute(change)
    _need_files(c, template, template)  # what it named before cannot be read


def as_of(c: Connection, template_id: str, at: datetime) -> Template | None:
    """Give what the template was at *at*; None when that was not kept or cannot be read any more.

    Raises NotFound, and Unreadable when it is what the template still is.
    """
    later = (former_templates.c.template_id == template_id, former_templates.c.until > at)
    query = select(former_templates.c.definition).where(*later).order_by(former_templates.c.until).limit(1)
    row = c.execute(query).first()
    if row is None:
        return get(c, template_id).template
    try:
        return codec.load(Template, row.definition) if row.definition else None
    except (ValueError, InvalidInput):  # its zone has left the system's time zones
        return None


def set_status(
    c: Connection,
    template_id: str,
    status: TemplateStatus,
    *,
    now: datetime,
    reason: Reason | None = None,
    note: str | None = None,
    next_slot_at: datetime | None = None,
) -> None:
    """Set where a template stands. Raises NotFound.

    *next_slot_at* is from where on its slots have no record yet: when an active one is due next, and from where on a
    pause swallows slots. Without it, a pause begins at the slot at which the template stood when it was active, and one
    that is paused again goes on with its pause.
    """
    active = status is TemplateStatus.ACTIVE
    paused = status is TemplateStatus.PAUSED
    deleted = status is TemplateStatus.DELETED
    values: dict[str, object] = {
        "status": status.value,
        "updated_at": now,
        "pause_reason": reason.value if reason else None,
        "pause_note": note,
        "next_slot_at": next_slot_at if active else None,
        "paused_from": (next_slot_at or _stands_at(now)) if paused else None,
        "deleted_at": now if deleted else None,
    }
    if c.execute(update(templates).where(templates.c.id == template_id).values(values)).rowcount != 1:
        raise NotFound("template", template_id, "`ostinato template list` shows those there are")


def paused_from(c: Connection, template_id: str) -> datetime | None:
    """Give from where on the pause swallows slots, or None when the template is not paused."""
    moment: datetime | None = c.execute(select(templates.c.paused_from).where(templates.c.id == template_id)).scalar()
    return moment


def oldest(c: Connection) -> datetime | None:
    """Give when the first template was added; None when there is none."""
    found: datetime | None = c.execute(select(func.min(templates.c.created_at))).scalar()
    return found


def earliest_slot(c: Connection, *, owner: str | None = None) -> datetime | None:
    """Give the earliest next slot of all active templates, or of *owner*'s."""
    query = (
        select(templates.c.next_slot_at)
        .where(templates.c.status == ACTIVE, templates.c.next_slot_at.is_not(None), understood())
        .order_by(templates.c.next_slot_at)
        .limit(1)
    )
    query = query if owner is None else query.where(templates.c.owner_id == owner)
    moment: datetime | None = c.execute(query).scalar()
    return moment


def understood() -> ColumnElement[bool]:
    """Give the condition that a template was not written by a newer program, whose words this one may not know."""
    return or_(templates.c.schema.is_(None), templates.c.schema <= literal_column(repr(schema.HEAD), Text))


def busy(c: Connection, template_ids: Collection[str], *, now: datetime | None = None) -> dict[str, RunStatus]:
    """Say which of these templates cannot start a run, and why not.

    UNKNOWN: a run of it waits for a positive finding or a person. QUEUED: a run is open. A held run does not count, nor
    with *now* one that is due later.
    """
    blocking: dict[str, RunStatus] = {}
    wanted = list(template_ids)
    for start in range(0, len(wanted), CHUNK):
        query = select(runs.c.template_id, runs.c.status).where(
            runs.c.template_id.in_(wanted[start : start + CHUNK]), busy_index()
        )
        if now is not None:
            query = query.where(or_(runs.c.status != constant(RunStatus.QUEUED), runs.c.due_at <= now))
        for template_id, status in c.execute(query):
            if status == RunStatus.UNKNOWN.value:
                blocking[template_id] = RunStatus.UNKNOWN
            else:
                blocking.setdefault(template_id, RunStatus.QUEUED)
    return blocking


def read_definition(definition: str, name: str) -> Template:
    """Give the template of a row's *definition*. Raises Unreadable with the remedies."""
    try:
        template: Template = codec.load_shared(Template, definition)
    except (ValueError, InvalidInput) as error:
        reason = str(error).splitlines()[0] if isinstance(error, InvalidInput) else "its row does not hold a template"
        remedy = f"put its file in its place with `ostinato template add FILE --replace`, or `template delete {name}`"
        raise Unreadable(f"template {name} cannot be read ({reason}); {remedy}") from error
    return template


def _need_files(c: Connection, template: Template, before: Template | None) -> None:
    """Keep the files that the template names, and let go of those that it named *before*."""
    named = files_of(template)
    if named or (before is not None and files_of(before)) or before is template:
        blobs.use_only(c, Holder.TEMPLATE, template.id, named, owner=template.owner_id)


def _stands_at(now: datetime) -> Any:
    """Give the SQL of from where on a template's slots have no record yet, before it is changed."""
    return func.coalesce(templates.c.next_slot_at, templates.c.paused_from, literal(now, templates.c.next_slot_at.type))


def _of(owner: str | None) -> Select[Any]:
    query = select(templates)
    return query if owner is None else query.where(templates.c.owner_id == owner)


def _not_deleted() -> Any:
    return templates.c.status != constant(TemplateStatus.DELETED)


def _recurs() -> Any:
    return templates.c.once == false()


def _refusing_a_taken_name(c: Connection, change: Any, name: str) -> None:
    try:
        with c.begin_nested():
            c.execute(change)
    except IntegrityError as error:
        raise _taken(name) from error


def _taken(name: str) -> Conflict:
    return Conflict(
        f"there is a template named {name!r} already; choose another name, put the file in its place with "
        "`template add --replace`, or delete that one"
    )


def _searched(template: Template) -> dict[str, object]:
    return {
        "name": template.name,
        "account": template.account,
        "type": template.type.value,
        "once": template.once,
        "definition": codec.dump(Template, template),
        "schema": schema.HEAD,
    }


def _state(state: TemplateState) -> dict[str, object]:
    return {
        "status": state.status.value,
        "next_slot_at": state.next_slot_at,
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "paused_from": state.updated_at if state.status is TemplateStatus.PAUSED else None,
        "pause_reason": state.pause_reason.value if state.pause_reason else None,
        "pause_note": state.pause_note,
        "last_run_at": state.last_run_at,
        "deleted_at": state.deleted_at,
    }


def _row(c: Connection, name_or_id: str, owner: str | None) -> RowMapping:
    by_id = select(templates).where(templates.c.id == name_or_id)
    row = c.execute(by_id if owner is None else by_id.where(templates.c.owner_id == owner)).mappings().first()
    if row is None:
        whose = templates.c.owner_id == (owner or LOCAL_OWNER)
        by_name = select(templates).where(templates.c.name == name_or_id, whose, _not_deleted())
        row = c.execute(by_name).mappings().first()
    if row is None:
        raise NotFound("template", name_or_id, "`ostinato template list` shows those there are")
    return row


def _readable(rows: Iterable[RowMapping]) -> Iterator[StoredTemplate]:
    for row in rows:
        with suppress(Unreadable):
            yield _stored(row)


def _unreadable(row: RowMapping, why: str) -> UnreadableTemplate:
    status = TemplateStatus(row["status"])
    at, whose = row["next_slot_at"], row["owner_id"]
    return UnreadableTemplate(row["id"], row["name"], row["account"], status, at, why, whose)


def _stored(row: RowMapping) -> StoredTemplate:
    reason = row["pause_reason"]
    state = TemplateState(
        status=TemplateStatus(row["status"]),
        next_slot_at=row["next_slot_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        pause_reason=Reason(reason) if reason else None,
        pause_note=row["pause_note"],
        last_run_at=row["last_run_at"],
        deleted_at=row["deleted_at"],
    )
    return StoredTemplate(read_definition(row["definition"], row["name"]), state)
