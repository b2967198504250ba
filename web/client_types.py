"""The types of the Python client: what JSON Schemas say, in Python's words."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from scheduler.shown.schema_words import Schema

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_SAID = ("description", "default", "example", "examples", "maxLength", "maxItems", "minItems")
TAKEN = ("Caller", "Client", "Sent", "Upload")  # names of the client's own
NOTHING = "dict[str, Any]"  # the type of an object of which nothing is known
MANY = 12  # words of an enum from which on an answer's is called str: a later version adds some


class Types:
    """Gives the types of schemas as source, and keeps the source of those that need a name.

    Objects that are alike share a name; *names* are the names of some, by what they are called.
    """

    def __init__(self, names: Mapping[str, Schema]) -> None:
        self.declared: dict[str, str] = {}
        self._wanted = {_print(schema): camel(name) for name, schema in names.items()}
        self._named: dict[str, str] = {}

    def of(self, schema: Schema, name: str, *, sent: bool = False) -> str:
        """Give the type of *schema*, in which an object without a name is called *name*.

        What is *sent* lists every word of an enum, and leaves out files, which are brought beside the body.
        """
        if "anyOf" in schema:
            several = [each for each in schema["anyOf"] if each != {"type": "null"}]
            found, objects = [], 0
            for each in several:
                objects += "properties" in each
                found.append(self.of(each, f"{name}{objects}" if objects > 1 else name, sent=sent))
            return _union([*found, *(["None"] if len(several) < len(schema["anyOf"]) else [])])
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return _words(schema["enum"], sent=sent)
        kinds = schema.get("type", "any")
        listed = kinds if isinstance(kinds, list) else [kinds]
        return _union(self._kind(kind, schema, name, sent=sent) for kind in listed)

    def _kind(self, kind: str, schema: Schema, name: str, *, sent: bool) -> str:
        if kind == "array":
            return f"list[{self.of(schema.get('items', {}), name, sent=sent)}]"
        if kind == "object" and schema.get("properties"):
            return self._object(schema, name, sent=sent)
        if kind == "object":
            values = schema.get("additionalProperties")
            if isinstance(values, dict) and values:
                return f"dict[str, {self.of(values, name, sent=sent)}]"
            return NOTHING
        return _PLAIN.get(kind, "Any")

    def _object(self, schema: Schema, name: str, *, sent: bool) -> str:
        known = self._named.get(key := f"{_print(schema)} {sent}")
        if known is not None:
            return known
        wanted = self._wanted.get(_print(schema), name)
        called = wanted if wanted not in self.declared else name
        while called in self.declared or called in TAKEN:
            called += "_"
        self._named[key] = called
        self.declared[called] = ""  # its place is taken while what it holds is named
        fields = {
            field: self._field(schema, field, each, called, sent=sent)
            for field, each in schema["properties"].items()
            if not (sent and _is_left_out(each))
        }
        del self.declared[called]
        if not fields:
            self._named[key] = NOTHING
            return NOTHING
        self.declared[called] = _source(called, fields)
        return called

    def _field(self, schema: Schema, field: str, each: Schema, called: str, *, sent: bool) -> str:
        kind = self.of(each, called + camel(field), sent=sent)
        return kind if field in schema.get("required", ()) else f"NotRequired[{kind}]"


def camel(name: str) -> str:
    """Give *name* as that of a class."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))


def _source(name: str, fields: Mapping[str, str]) -> str:
    if all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        return f"class {name}(TypedDict):\n" + "".join(f"    {field}: {kind}\n" for field, kind in fields.items())
    pairs = "".join(f"        {json.dumps(field)}: {kind},\n" for field, kind in fields.items())
    return f'{name} = TypedDict(\n    "{name}",\n    {{\n{pairs}    }},\n)\n'


def _is_left_out(schema: Schema) -> bool:
    """Tell whether a field of a body is brought as a file, or may only be sent without asking for anything."""
    return schema.get("format") == "binary" or not any(schema.get("enum", [True]))


def _words(words: Iterable[Any], *, sent: bool) -> str:
    said = [word for word in words if word is not None]
    listed = f"Literal[{', '.join(map(repr, said))}]" if sent or len(said) < MANY else "str"
    return _union([listed, *(["None"] if len(said) < len(list(words)) else [])])


def _union(kinds: Iterable[str]) -> str:
    found = list(dict.fromkeys(kinds))
    return "Any" if "Any" in found else " | ".join(found)


def _print(schema: Any) -> str:
    """Give what schemas have in common that differ only in what they say to people."""
    return json.dumps(_bare(schema), sort_keys=True)


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _bare(each) for key, each in schema.items() if key not in _SAID}
