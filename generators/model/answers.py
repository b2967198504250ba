"""The forms of a model's answers: what is asked for as a JSON schema, and what an answer is validated against."""

from __future__ import annotations

import json
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST_ANSWER = 200_000  # characters of an answer that are looked at
_UNSENT = {"title", "default", "maxLength", "minLength", "description"}  # strict modes refuse some of these

T = TypeVar("T", bound=BaseModel)


class Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Quoted(Form):
    """One fact as the model quotes it; nothing of it is believed before it is found in the document."""

    quote: str = Field(max_length=600)
    kind: Literal["number", "event", "quote", "opinion"]
    speaker: str | None = Field(max_length=120)


class Digest(Form):
    facts: list[Quoted] = Field(max_length=60)


class Sentence(Form):
    text: str = Field(max_length=600)
    facts: list[str] = Field(max_length=12)
    before: Literal["nothing", "space", "line", "paragraph"]


class Post(Form):
    sentences: list[Sentence] = Field(max_length=20)


class Idea(Form):
    """One draft as the model wrote it."""

    number: int
    angle: str = Field(max_length=60)
    posts: list[Post] = Field(max_length=12)


class Writing(Form):
    drafts: list[Idea] = Field(max_length=24)


def schema(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of *form* as strict modes want it: every field required, no other allowed, no references."""
    whole = form.model_json_schema()
    pruned = _pruned(whole, whole.get("$defs", {}))
    assert isinstance(pruned, dict)
    return pruned


def _pruned(node: Any, known: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_pruned(each, known) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _pruned(known[node["$ref"].rpartition("/")[2]], known)
    fields = {name: _pruned(value, known) for name, value in node.items() if name not in {"$defs", *_UNSENT}}
    if "properties" in node:
        fields["properties"] = {name: _pruned(value, known) for name, value in node["properties"].items()}
        fields |= {"required": list(node["properties"]), "additionalProperties": False}
    return fields


def read(form: type[T], text: str) -> T:
    """Read *text*, or the first balanced object in it, as *form*. Raises ValueError with the problem in words."""
    text = text[:LONGEST_ANSWER].strip()
    body = text if text.startswith("{") and text.endswith("}") else first_object(text)
    if body is None:
        raise ValueError("it holds no JSON object")
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the object"
        raise ValueError(f"{where}: {first['msg']}") from None


def first_object(text: str) -> str | None:
    """The first JSON object of *text* whose braces balance, or None."""
    start = text.find("{")
    if start < 0:
        return None
    depth, quoted, escaped = 0, False, False
    for at in range(start, len(text)):
        character = text[at]
        if quoted:
            escaped, quoted = character == "\\" and not escaped, character != '"' or escaped
        elif character == '"':
            quoted = True
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return text[start : at + 1]
    return None


def as_data(value: object, delimiter: str) -> str:
    """*value* as JSON between two lines of *delimiter*: how everything that others wrote reaches a model."""
    return f"{delimiter}\n{json.dumps(value, ensure_ascii=False)}\n{delimiter}"
