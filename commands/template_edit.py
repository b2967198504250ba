"""`ostinato template edit`: change one template, in an editor or by options."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import editor, wiring
from commands.apply import print_fields, warn_of_backlogs
from commands.calendar_fetching import fetched
from commands.errors import exit_code
from commands.output import dry_run_option, json_option, say, show
from domain.errors import Conflict, FieldError, InvalidInput
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document import refuse_unheard
from scheduler.operations import assignments, editing, exporting, template_files, templates
from scheduler.operations.editing import ChangedMeanwhile, Edited
from scheduler.operations.forecasting import Span
from scheduler.shown import views
from settings import Settings
from storage.database import Database

if TYPE_CHECKING:
    from storage.cipher import FernetCipher

DAYS = timedelta(days=14)


@click.command()
@click.argument("name")
@click.option(
    "--set", "assigned", multiple=True, metavar="FIELD=VALUE", help="Set a field, such as count=2; repeatable."
)
@click.option("--unset", "unset", multiple=True, metavar="FIELD", help="Take a field away; repeatable.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the whole template from this file instead of the editor, such as one that an edit left behind.",
)
@dry_run_option
@json_option
def edit(
    name: str, assigned: tuple[str, ...], unset: tuple[str, ...], file: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Change template NAME: in your editor ($VISUAL or $EDITOR), or with --set and --unset.

    The editor shows all its fields. What is wrong is told, all of it, and you may edit again; when you give up, your
    text is kept in a file. A template that somebody else changed meanwhile is not overwritten. FIELD is a field of
    docs/templates.md, one of a table with its table: schedule.times. VALUE is written as in a template file; texts need
    no quotes. What changed is shown, with the slots of the next two weeks that it moves, adds and drops.

    \b
    Example:
      ostinato template edit morning
      ostinato template edit morning --set count=2 --set 'schedule.times=["08:30", "17:00"]' --unset prompt
      ostinato template edit morning --set "prompt=Shorter, please." --dry-run
    """
    by_options = bool(assigned or unset)
    if by_options and file is not None:
        raise click.UsageError("give either --file, or --set and --unset")
    if as_json and not by_options and file is None:
        raise click.UsageError("--json cannot be asked together with the editor; use --set, --unset or --file")
    fields = _read(assigned, unset)
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        door = _Door(settings, database, name, dry_run)
        if by_options:
            edited: Edited | None = door.change(fields)
        elif file is not None:
            edited = door.from_file(file)
        else:
            edited = door.in_editor()
        stored = edited.stored if edited else templates.get(database, name)
    _show(stored, edited, door.span, as_json=as_json, dry_run=dry_run)


def _read(assigned: tuple[str, ...], unset: tuple[str, ...]) -> dict[str, Any]:
    fields = assignments.read(assigned, unset)
    try:
        return template_files.with_files(fields, Path.cwd())
    except ValueError as error:
        raise InvalidInput([FieldError("--set", str(error))]) from error


class _Door:
    """One template and the ways to change it."""

    def __init__(self, settings: Settings, database: Database, name: str, dry_run: bool) -> None:
        self.settings = settings
        self.database = database
        self.name = name
        self.dry_run = dry_run
        self.cipher: FernetCipher = wiring.cipher(settings)
        self.span = self._span()

    def change(self, fields: dict[str, Any]) -> Edited:
        refuse_unheard(fields, hears=self.settings.hears)
        return editing.change(
            self.database,
            self.name,
            fields,
            calendars=fetched(self.settings, self.database, [fields]),
            span=self.span,
            cipher=self.cipher,
            new_id=wiring.new_id,
        )

    def put(self, document: dict[str, Any], *, seen: dict[str, Any] | None) -> Edited:
        refuse_unheard(document, hears=self.settings.hears)
        self.span = self._span()  # an editor may have been open for hours
        return editing.put(
            self.database,
            self.name,
            document,
            seen=seen,
            calendars=fetched(self.settings, self.database, [document]),
            span=self.span,
            cipher=self.cipher,
            new_id=wiring.new_id,
        )

    def from_file(self, file: Path) -> Edited:
        """Put the file in the template's place; one that an edit left behind only if the template is still the same."""
        document, state = template_files.read_file(file), editor.edited_from(file)
        if state is None:
            return self.put(document, seen=None)
        stored = templates.get(self.database, self.name)
        seen = editing.document_of(stored)
        if editor.state_of(exporting.to_toml(seen)) != state:
            raise ChangedMeanwhile(stored.template.name)
        return self.put(document, seen=seen)

    def in_editor(self) -> Edited | None:
        """Let the person edit until it is right or given up; None when nothing was changed."""
        stored = templates.get(self.database, self.name)
        seen = editing.document_of(stored)
        folder = self.settings.home / "edits"
        fields = exporting.to_toml(seen)
        text = editor.HEAD.format(name=stored.template.name, state=editor.state_of(fields)) + fields
        with editor.kept_text(folder, stored.template.name, text) as draft:
            while draft.edit():
                try:
                    edited = self.put(template_files.read_file(draft.path), seen=seen)
                except ChangedMeanwhile:
                    raise
                except (InvalidInput, Conflict) as error:
                    if not editor.again(error):
                        raise click.exceptions.Exit(exit_code(error)) from error
                else:
                    draft.done = not self.dry_run
                    return edited
        return None

    @staticmethod
    def _span() -> Span:
        now = wiring.now()
        return Span(now, now, now + DAYS)


def _show(stored: StoredTemplate, edited: Edited | None, span: Span, *, as_json: bool, dry_run: bool) -> None:
    from commands.plan import print_comparison

    fields = edited.fields if edited else ()
    slots = [edited.slots] if edited and (edited.slots.moved or edited.slots.added or edited.slots.dropped) else []

    warn_of_backlogs(stored.template.name, fields)

    def human() -> None:
        if not fields:
            say(f"{stored.template.name}: nothing changed")
            return
        say(f"changed {stored.template.name}")
        print_fields(fields)
        if stored.state.status is TemplateStatus.PAUSED:
            say("it is paused; these are its slots if it is resumed")
        print_comparison(slots, span)
        if stored.template.managed_by:
            say(f"it comes from {stored.template.managed_by}: the next `template apply` of that puts its file back")

    show(views.edited(stored, fields, span, slots), human, as_json=as_json, dry_run=dry_run)
