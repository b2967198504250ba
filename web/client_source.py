"""`python -m web.client_source`: writes the Python client of examples/ from the OpenAPI document."""

from __future__ import annotations

import builtins
import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scheduler.shown.output_schemas import output
from scheduler.shown.schema_words import Schema
from web import schemas
from web.client_types import Types, camel
from web.compatible import words
from web.openapi import document
from web.table import OPERATIONS

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "ostinato_client"
COMMAND = "python -m web.client_source"
_HEAD = f'"""{{says}} Written by `{COMMAND}`."""\n\nfrom __future__ import annotations\n\n'
_ENTRY = '''
    def {name}(self{parameters}) -> {answer}:
        """{says}"""
        {does}
'''


def sources() -> dict[str, str]:
    """Give the text of each file that is written, by its name, as ruff formats it."""
    types = Types(_names())
    methods = "".join(_methods(document(OPERATIONS, "0")["paths"], types))
    declared = "\n\n".join(types.declared.values())
    named = sorted(name for name in types.declared if re.search(rf"\b{name}\b", methods))
    operations = (
        _HEAD.format(says="Every operation of the API.")
        + f"{_typing(methods)}from collections.abc import Generator, Iterator, Mapping\n"
        + "from ostinato_client.calling import Caller, Upload, Sent, part\n"
        + f"from ostinato_client.documents import {', '.join(named)}\n\n\n"
        + "class Client(Caller):\n"
        + '    """Asks the installation at a URL, with a token of `ostinato token create`."""\n'
        + methods
    )
    documents = f"{_HEAD.format(says='What the API takes and answers.')}{_typing(declared)}\n\n{declared}"
    return {"operations.py": _formatted(operations), "documents.py": _formatted(documents)}


def main() -> None:
    """Write the files and name them."""
    for name, text in sources().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER / name}")


def _names() -> dict[str, Schema]:
    one, scheduled = words.CREATED["anyOf"]
    compatible = {
        "x_post": words.X_POST,
        "x_template": words.TEMPLATE,
        "source": words.SOURCE,
        "requested": one,
        "scheduled": scheduled,
    }
    return {name: schemas.of(name) for name in output()["$defs"]} | compatible


def _methods(paths: dict[str, Any], types: Types) -> Iterator[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield _method(path, method.upper(), operation, types)
            if any(each["name"] == "after" for each in operation.get("parameters", ())):
                yield _iterator(path, operation, types)


def _method(path: str, method: str, operation: dict[str, Any], types: Types) -> str:
    kind, schema = _answer(operation)
    answer, does = "None", "{ask}"
    if kind == "application/json" and schema:
        answer = types.of(schema, camel(operation["operationId"]) + "Answer")
        does = f"answer: {answer} = {{ask}}\n        return answer"
    elif kind == "text/event-stream":
        return _stream(path, operation)
    elif kind is not None:
        plain = kind.startswith("text/")
        answer, does = ("str", "return {send}.text") if plain else ("bytes", "return {send}.content")
    parameters, given = _parameters(path, operation, types)
    asked = f'"{method}", {_path(path)}{given}'
    return _ENTRY.format(
        name=_snake(operation["operationId"]),
        parameters=parameters,
        answer=answer,
        says=_says(operation["summary"], f"`{method} {path}`"),
        does=does.format(ask=f"self._ask({asked})", send=f"self._send({asked})"),
    )


def _iterator(path: str, operation: dict[str, Any], types: Types) -> str:
    """Give the method that goes through all pages, or, where there is always another, waits for what comes."""
    kind, schema = _answer(operation)
    if kind != "application/json":
        return ""
    entries = next(name for name, each in schema["properties"].items() if each.get("type") == "array")
    endless = schema["properties"]["next"].get("type") == "string"
    each = types.of(schema["properties"][entries]["items"], camel(operation["operationId"]) + "Entry")
    parameters = _query(operation)
    wanted = [name for name in parameters if name != "after" or endless]
    listed = ", ".join(f"{_argument(name)}: {parameters[name]} | None = None" for name in wanted)
    names = ", ".join(f'"{name}": {_argument(name)}' for name in wanted)
    says = "as they happen, without end; `wait` lets each call wait for them" if endless else "page after page"
    return _ENTRY.format(
        name=f"{'follow' if endless else 'iterate'}_{_snake(entries)}",
        parameters=f", {'' if '{' not in path else _places(path) + ', /, '}*, {listed}",
        answer=f"Iterator[{each}]",
        says=f"Give all {entries} of `{_snake(operation['operationId'])}`, {says}.",
        does=f'return self._pages({_path(path)}, "{entries}", {{{names}}})',
    )


def _stream(path: str, operation: dict[str, Any]) -> str:
    parameters = _query(operation)
    listed = ", ".join(f"{_argument(name)}: {kind} | None = None" for name, kind in parameters.items())
    names = ", ".join(f'"{name}": {_argument(name)}' for name in parameters)
    return _ENTRY.format(
        name=_snake(operation["operationId"]),
        parameters=f", *, {listed}",
        answer="Generator[Sent, None, None]",
        says=_says(operation["summary"], f"`GET {path}`"),
        does=f"return self._stream({_path(path)}, {{{names}}})",
    )


def _parameters(path: str, operation: dict[str, Any], types: Types) -> tuple[str, str]:
    """Give what stands in a method's brackets, and what is handed on of it."""
    before, named, given = [_places(path) + ", /"] if "{" in path else [], list[str](), list[str]()
    if query := _query(operation):
        named += [f"{_argument(name)}: {kind} | None = None" for name, kind in query.items()]
        given.append("query={" + ", ".join(f'"{name}": {_argument(name)}' for name in query) + "}")
    fields = ""
    if "requestBody" in operation:
        taken = operation["requestBody"]["content"]
        schema = next(iter(taken.values()))["schema"]
        fields = _fields(types.of(schema, camel(operation["operationId"]), sent=True))
        given.append("body=fields")
        if "multipart/form-data" in taken:
            named.append("files: Mapping[str, Upload] | None = None")
            given.append("files=files")
    if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ())):
        named.append("idempotency_key: str | None = None")
        given.append("idempotency_key=idempotency_key")
    listed = ", ".join([*before, *(["*", *named] if named else []), *([fields] if fields else [])])
    return f", {listed}" if listed else "", "".join(f", {each}" for each in given)


def _fields(kind: str) -> str:
    return "**fields: Any" if kind.startswith("dict[") else f"**fields: Unpack[{kind}]"


def _query(operation: dict[str, Any]) -> dict[str, str]:
    """Give the types of the parameters of the query by their names."""
    found = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    return {each["name"]: Types({}).of(each["schema"], "", sent=True).removesuffix(" | None") for each in found}


def _answer(operation: dict[str, Any]) -> tuple[str | None, Schema]:
    success = next(each for status, each in operation["responses"].items() if status.startswith("2"))
    for kind, content in success.get("content", {}).items():
        return kind, content["schema"]
    return None, {}


def _places(path: str) -> str:
    return ", ".join(f"{_argument(name)}: str" for name in re.findall(r"{(\w+)", path))


def _path(path: str) -> str:
    filled = re.sub(r"{(\w+)[^}]*}", lambda found: f"{{part({_argument(found[1])})}}", path)
    return f'f"{filled}"' if filled != path else json.dumps(path)


def _argument(name: str) -> str:
    plain = _snake(name)
    return f"{plain}_" if keyword.iskeyword(plain) or hasattr(builtins, plain) else plain


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _says(summary: str, asked: str) -> str:
    wrapped = textwrap.wrap(summary, 105, subsequent_indent="        ")
    return "\n".join([*wrapped, "", f"        {asked}", "        "])


def _typing(text: str) -> str:
    names = ("Any", "Literal", "NotRequired", "TypedDict", "Unpack")
    used = [each for each in names if re.search(rf"\b{each}\b", text)]
    return f"from typing import {', '.join(used)}\n" if used else ""


def _formatted(text: str) -> str:
    for step in (["check", "--select", "I,F401", "--fix-only"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *step, "--quiet", "--stdin-filename", str(FOLDER / "written.py"), "-"]
        done = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
        text = done.stdout
    return text


if __name__ == "__main__":
    main()
