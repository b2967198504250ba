"""The Python client of examples/ says what the API says."""

from __future__ import annotations

import pytest

from web.client_source import COMMAND, FOLDER, sources
from web.client_types import Types

WRITTEN = sources()


@pytest.mark.parametrize("name", WRITTEN)
def test_the_client_is_as_the_table_of_operations_has_it(name: str) -> None:
    kept = (FOLDER / name).read_text(encoding="utf-8")

    assert kept == WRITTEN[name], f"examples/ostinato_client/{name} is out of date; run `{COMMAND}`"


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "str"),
        ({"type": ["integer", "null"]}, "int | None"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "str | None"),
        ({"type": "array", "items": {"type": "number"}}, "list[float]"),
        ({"enum": ["a", "b", None]}, "Literal['a', 'b'] | None"),
        ({"const": False}, "Literal[False]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "dict[str, bool]"),
        ({}, "Any"),
    ],
)
def test_a_schema_has_a_type(schema: dict[str, object], kind: str) -> None:
    assert Types({}).of(schema, "Thing") == kind


def test_objects_that_are_alike_share_a_name_and_one_with_odd_keys_is_written_as_pairs() -> None:
    types = Types({"gap": {"type": "object", "properties": {"from": {"type": "string"}}, "required": ["from"]}})
    alike = {"type": "object", "properties": {"from": {"type": "string", "description": "When."}}, "required": ["from"]}

    named = types.of({"type": "array", "items": alike}, "Other"), types.of(alike, "Another")

    assert named == ("list[Gap]", "Gap")
    assert types.declared == {"Gap": 'Gap = TypedDict(\n    "Gap",\n    {\n        "from": str,\n    },\n)\n'}


def test_what_is_sent_leaves_out_files_and_fields_that_ask_for_nothing() -> None:
    fields = {"a": {"type": "string"}, "b": {"type": "string", "format": "binary"}, "c": {"enum": [None, ""]}}
    types = Types({})

    types.of({"type": "object", "properties": fields}, "Body", sent=True)

    assert types.declared == {"Body": "class Body(TypedDict):\n    a: NotRequired[str]\n"}
