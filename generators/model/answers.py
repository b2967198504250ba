"""The forms of a model's answers: what is asked for as a JSON schema, and what an answer is validated against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

LONGEST_ANSWER = 200_000  # characters of an answer that are looked at
MOST_OBJECTS = 20  # of an answer that are tried
_UNSENT = {"title", "default", "maxLength", "minLength", "description"}  # strict modes refuse some of these
_THOUGHT = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)

T = TypeVar("T", bound=BaseModel)


class Form(BaseModel):
    """What is asked for. Where a server keeps to no schema, small things that are missing are made up for."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def sound(form: type[BaseModel]) -> BeforeValidator:
    """Leave out of a list what is not of *form*: one bad entry does not cost the good ones. A list of none is wrong."""

    def entries(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        kept = [each for each in value if _fits(form, each)]
        return kept or value

    return BeforeValidator(entries)


def _fits(form: type[BaseModel], value: Any) -> bool:
    try:
        form.model_validate(value)
    except ValidationError:
        return False
    return True


class Quoted(Form):
    """One fact as the model quotes it; nothing of it is believed before it is found in the document."""

    quote: str = Field(max_length=600)
    kind: Literal["number", "event", "quote", "opinion"] = "event"
    speaker: str | None = Field(default=None, max_length=120)


class Digest(Form):
    facts: Annotated[list[Quoted], sound(Quoted)] = Field(max_length=60)


class Sentence(Form):
    text: str = Field(max_length=600)
    facts: list[str] = Field(default=[], max_length=12)
    before: Literal["nothing", "space", "line", "paragraph"] = "space"


class Post(Form):
    sentences: list[Sentence] = Field(max_length=20)


class Idea(Form):
    """One draft as the model wrote it."""

    number: int
    angle: str = Field(default="", max_length=60)
    posts: list[Post] = Field(max_length=12)


class Writing(Form):
    drafts: Annotated[list[Idea], sound(Idea)] = Field(max_length=24)


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
    """Read the first balanced object of *text* that is of *form*; what a model thinks aloud before it is left out.

    Raises ValueError with the problem in words.
    """
    problem = "it holds no JSON object"
    for body in objects(_THOUGHT.sub("", text[:LONGEST_ANSWER])):
        try:
            return form.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"]) or "the object"
            problem = f"{where}: {first['msg']}"
    raise ValueError(problem)


def objects(text: str) -> Iterator[str]:
    """The JSON objects of *text* whose braces balance, in order; a brace that nothing closes is passed over."""
    at = 0
    for _ in range(MOST_OBJECTS):
        start = text.find("{", at)
        found = _balanced(text, start) if start >= 0 else None
        if start < 0:
            return
        if found is not None:
            yield found
        at = start + len(found or "{")


def _balanced(text: str, start: int) -> str | None:
    """The text from the brace at *start* to the one that closes it, or None."""
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
