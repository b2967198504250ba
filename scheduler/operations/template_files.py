"""Template files: TOML, YAML or JSON, read into the plain document they hold. Nothing in them is executed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from domain.errors import FieldError, InvalidInput
from scheduler.operations.calendars import with_dates
from scheduler.operations.tip_files import with_tips

SIZE_LIMIT = 256 * 1024  # bytes
DEPTH_LIMIT = 20  # nested lists and tables; a template needs three
_TOO_DEEP = f"is nested deeper than {DEPTH_LIMIT} levels"


def read_file(path: Path) -> dict[str, Any]:
    """Give the document in the file at *path*, whose ending names its format, with the files that it names read in.

    Raises InvalidInput when the file cannot be read, is larger than 256 KiB or holds a syntax error, which is named
    with its line, or a name twice.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for, and a device has no end
        raise _wrong(path, "is not a regular file")
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise _wrong(path, f"is larger than {SIZE_LIMIT // 1024} KiB; a template is a few lines")
    try:
        document = read_text(content.decode("utf-8-sig"), path.suffix.lower())
        return with_files(document, path.parent)
    except UnicodeDecodeError as error:
        raise _wrong(path, f"is not UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise _wrong(path, _TOO_DEEP) from error
    except ValueError as error:
        raise _wrong(path, str(error)) from error


def with_files(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give the document with the files that it names, relative to *folder*, read in. Raises ValueError, naming one."""
    return with_tips(with_dates(document, folder), folder)


def read_text(text: str, suffix: str) -> dict[str, Any]:
    """Give the document in *text*, in the format of *suffix* (.toml, .yaml, .yml or .json). Raises ValueError."""
    readers: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".yaml": _yaml, ".yml": _yaml, ".json": _json}
    if suffix not in readers:
        raise ValueError(f"the ending {suffix or 'of its name'} is not known; use .toml, .yaml, .yml or .json")
    document = readers[suffix](text)
    if not isinstance(document, dict):
        raise ValueError("holds no table of fields; write name, account, type, … with their values")
    _check_depth(document)
    return document


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands there twice; keep one")
    return table


class _Loader(yaml.SafeLoader):
    """Safe YAML without the surprises: 10:30 and yes stay text, a name stands once, and there are no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _yaml_error("aliases are not supported; repeat the value", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _yaml_error("tags are not supported; write the plain value", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _yaml_error("a name must be plain text", key.start_mark)
            if key.value in seen:
                raise _yaml_error(f"{key.value} stands there twice; keep one", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads 10:30 as the number 630 and `on` as true. Here numbers are decimal, and only true and false are bools.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("null", "timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789"))


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error).split("\n", 1)[0]) from error


def _yaml_error(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > DEPTH_LIMIT:
        raise ValueError(_TOO_DEEP)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check_depth(one, depth + 1)


def _wrong(path: Path, reason: str) -> InvalidInput:
    return InvalidInput([FieldError(str(path), reason)])
