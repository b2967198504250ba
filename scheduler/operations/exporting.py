"""Writing templates as the files that `template apply` reads: one TOML file for each, which gives it back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from domain.errors import Conflict, InvalidInput
from domain.template import StoredTemplate, TemplateStatus
from domain.template_document import to_document
from scheduler.operations import templates
from scheduler.operations.applying import SUFFIXES
from scheduler.operations.template_files import SIZE_LIMIT, read_file
from storage.database import Database

_UNSAFE = re.compile(r'[\\"\x00-\x08\x0b-\x1f\x7f]')  # what a basic TOML string escapes, but line breaks and tabs


class Written(StrEnum):
    """What became of a template's file."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"  # a file of the folder holds it as it is


@dataclass(frozen=True, slots=True)
class Exported:
    name: str
    file: Path
    written: Written


def export(database: Database, folder: Path, *, replace: bool, dry_run: bool) -> list[Exported]:
    """Write every active and paused template to *folder*/NAME.toml; give them by name.

    A file that holds its template as it is stays. Raises Conflict when one holds something else, unless *replace*, and
    writes nothing then.
    """
    wanted = {TemplateStatus.ACTIVE, TemplateStatus.PAUSED}
    stored = [each for each in templates.list_all(database) if each.state.status in wanted]
    holding = _holding(folder)
    texts = {each.template.name: to_toml(exported(each)) for each in stored}
    found = [_placed(each, folder, holding, replace=replace) for each in stored]
    for each in found:
        if len(texts[each.name].encode()) > SIZE_LIMIT:
            raise Conflict(f"{each.name} is larger than {SIZE_LIMIT // 1024} KiB; no template file may be")
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        for each in found:
            if each.written is not Written.UNCHANGED:
                _write(each.file, texts[each.name])
    return found


def exported(stored: StoredTemplate) -> dict[str, Any]:
    """Give the document of a template, with `is_active` when it is paused."""
    document = to_document(stored.template)
    return document if stored.state.status is TemplateStatus.ACTIVE else {**document, "is_active": False}


def to_toml(document: Mapping[str, Any]) -> str:
    """Give *document*, of texts, numbers, booleans, lists and tables, as TOML that reads back as it is."""
    plain = {name: value for name, value in document.items() if not _is_table(value) and not _are_tables(value)}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, value in document.items():
        if _is_table(value):
            lines += ["", f"[{name}]", *(f"{inner} = {_value(each)}" for inner, each in value.items())]
        elif _are_tables(value):
            for table in value:
                lines += ["", f"[[{name}]]", *(f"{inner} = {_value(each)}" for inner, each in table.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and all(map(_is_table, value))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    inside = [_value(each) for each in value]
    if sum(map(len, inside)) > 80:
        return "[\n" + "".join(f"    {each},\n" for each in inside) + "]"
    return f"[{', '.join(inside)}]"


def _text(text: str) -> str:
    """A basic string; of several lines when the text has several, so that people can read it."""
    escaped = _UNSAFE.sub(lambda match: f"\\{match[0]}" if match[0] in '\\"' else f"\\u{ord(match[0]):04x}", text)
    if "\n" in escaped:
        return f'"""\n{escaped}"""'
    return f'"{escaped}"'


def _holding(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Give the files of the folder by the name of the template in them; those that cannot be read are left out."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    for file in files:
        if file.suffix.lower() not in SUFFIXES or not file.is_file():
            continue
        try:
            document = read_file(file)
        except InvalidInput:
            continue
        found[str(document.get("name"))] = (file, document)
    return found


def _placed(
    stored: StoredTemplate, folder: Path, holding: Mapping[str, tuple[Path, dict[str, Any]]], *, replace: bool
) -> Exported:
    name = stored.template.name
    file, document = holding.get(name, (folder / f"{name}.toml", None))
    if document == exported(stored):
        return Exported(name, file, Written.UNCHANGED)
    if not file.exists():
        return Exported(name, file, Written.WRITTEN)
    if not replace:
        raise Conflict(f"{file} holds something else than template {name}; look at it, then export with --replace")
    if file.suffix.lower() != ".toml":
        raise Conflict(f"{file} holds template {name} in another format; delete the file, then export again")
    return Exported(name, file, Written.REPLACED)


def _write(file: Path, text: str) -> None:
    """Write *file* whole or not at all."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, file)  # noqa: PTH105 - the one call that says what it does: in the place of what was there
