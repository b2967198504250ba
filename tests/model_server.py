"""A local OpenAI-compatible server on a port: it checks what it is sent, answers by the rules of a model, and can lie.

It also writes down sound, and looks at pictures.

A `Model` is what the answers come from. By default it is honest: it quotes the sentences of the document, and writes
drafts whose sentences repeat few words of a fact. Lies are put in with `will`, by the step that asks.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from domain.material import Material
from domain.media import sniff

STALL = "stall"  # read the request and answer nothing until the test is over
TRICKLE = "trickle"  # send headers, then a blank now and then, without end
FLOOD = "flood"  # send bytes as fast as they are taken, without end
CLOSE = "close"  # close without an answer
KEY = "sk-test-0123456789"

Say = Callable[[dict[str, Any]], dict[str, Any] | str]


@dataclass(frozen=True)
class Status:
    """An answer that is an HTTP error."""

    code: int
    message: str = "no"
    retry_after: str | None = None


@dataclass
class Asked:
    """One request as it came: its *step* by the prompt, the *data* between the random lines, and the whole body."""

    step: str
    delimiter: str
    data: dict[str, Any]
    body: dict[str, Any]
    headers: dict[str, str]
    picture: bytes = b""  # that a question shows
    sound: bytes = b""  # that is to be written down


@dataclass
class Model:
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # what it was sent and must not be
    structured: bool = True  # whether it does response_format json_schema
    json_mode: bool = False  # whether it does response_format json_object, where it does no schema
    unknown: tuple[str, ...] = ()  # parameters that it refuses with 400
    thinks: int = 0  # tokens that it takes before it answers
    counts: bool = True  # whether it says how many tokens it used
    sees: bool = True  # whether it takes pictures
    says: str = "The hillside observatory reopens on 14 June. Engineers replaced 312 mirror segments."
    lasts: float | None = 90.0  # seconds of every sound, where it says so
    planned: dict[str, list[Say | Status | str]] = field(default_factory=lambda: defaultdict(list))
    over: threading.Event = field(default_factory=threading.Event)

    def will(self, step: str, *answers: Say | Status | str) -> None:
        """Answer the next questions of *step* so, then honestly.

        Steps are "digest", "write", "refine", "repair", "describe", "transcribe" and "probe".
        """
        self.planned[step] += answers

    def always(self, step: str, answer: Say | Status | str) -> None:
        """Answer every question of *step* so."""
        self.planned[step] += [answer] * 50

    def at(self, step: str) -> list[Asked]:
        return [one for one in self.asked if one.step == step]


def honest_digest(data: dict[str, Any]) -> dict[str, Any]:
    """Quote every sentence of the document."""
    found = [data["title"], *re.split(r"(?<=[.!?])\s+", data["text"])]
    return {"facts": [{"quote": each, "kind": "event", "speaker": None} for each in found if each][:20]}


def honest_writing(data: dict[str, Any]) -> dict[str, Any]:
    """Write a draft from each fact: its first words in quotation marks, under a question of its own."""
    return {"drafts": [idea(at, quoting(fact)) for at, fact in enumerate(data["facts"][:6], 1)]}


def quoting(fact: dict[str, Any]) -> list[dict[str, Any]]:
    said = re.search("“([^”]+)”", fact["quote"])
    return [sentence(f"It says “{said[1] if said else fact['quote']}”", fact["id"])]


def sentence(text: str, *facts: str, before: str = "nothing") -> dict[str, Any]:
    return {"text": text, "facts": list(facts), "before": before}


def idea(number: int, *posts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"number": number, "angle": "number", "posts": [{"sentences": post} for post in posts]}


def unchanged(data: dict[str, Any]) -> dict[str, Any]:
    return {"drafts": data["drafts"]}


def honest_description(data: dict[str, Any]) -> dict[str, Any]:
    said = ["A bar chart shows visitors by month.", "June has 412 visitors, and May has 380."]
    return {"sentences": said, "text": "Visitors 2026", "alt": "Bar chart of visitors: May 380, June 412."}


def honest_report(data: dict[str, Any]) -> dict[str, Any]:
    """Say of each passage what it says, in its own words."""
    told = [
        {"question": each["question"], "sentences": [{"text": each["text"], "passages": [each["id"]]}]}
        for each in data["passages"]
    ]
    return {"sections": told[:12]}


HONEST: dict[str, Say] = {
    "questions": lambda data: {"questions": [f"{data['topic']} cost", f"{data['topic']} opening"]},
    "report": honest_report,
    "describe": honest_description,
    "digest": honest_digest,
    "write": honest_writing,
    "refine": unchanged,
    "probe": lambda data: {"country": "Iceland", "capital": "Reykjavík", "letters": 9},
}


def material(text: str, title: str = "", **fields: Any) -> Material:
    """A page of example.org."""
    from domain.material import MaterialKind

    known = {"id": "m0", "kind": MaterialKind.PAGE, "url": "https://example.org/a", "site": "Gazette", "language": "en"}
    return Material(text=text, title=title, **(known | fields))


class Door(BaseHTTPRequestHandler):
    """Answers for the `model` that its class is given."""

    model: Model

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(int(headers["content-length"]))
        if self.path.endswith("/audio/transcriptions"):
            self._write_down(content, headers)
            return
        body = json.loads(content)
        asked = _read(body, headers)
        self.model.asked.append(asked)
        self.model.wrong += _wrong(asked)
        planned = self.model.planned[asked.step]
        answer = planned.pop(0) if planned else None
        if refused := _refused(self.model, body):
            self._send(400, {"error": {"message": refused}})
        elif isinstance(answer, Status):
            self._send(answer.code, {"error": {"message": answer.message}}, retry_after=answer.retry_after)
        elif isinstance(answer, str) and answer in (STALL, TRICKLE, FLOOD, CLOSE):
            self._misbehave(answer)
        else:
            self._say(answer if answer is not None else HONEST.get(asked.step, HONEST["probe"]), asked)

    def _write_down(self, content: bytes, headers: dict[str, str]) -> None:
        asked, wrong = _read_sound(content, headers)
        self.model.asked.append(asked)
        self.model.wrong += wrong
        planned = self.model.planned["transcribe"]
        answer = planned.pop(0) if planned else self.model.says
        if isinstance(answer, Status):
            self._send(answer.code, {"error": {"message": answer.message}}, retry_after=answer.retry_after)
        elif isinstance(answer, str) and answer in (STALL, TRICKLE, FLOOD, CLOSE):
            self._misbehave(answer)
        elif isinstance(answer, str):
            lasts = self.model.lasts
            self._send(200, {"text": answer} | ({"usage": {"type": "duration", "seconds": lasts}} if lasts else {}))
        else:
            said = answer({})
            self._send(200, said if isinstance(said, dict) else {"text": said})

    def _say(self, answer: Say | str, asked: Asked) -> None:
        said = answer if isinstance(answer, str) else answer(asked.data)
        why = "stop"
        if self.model.thinks > (asked.body.get("max_tokens") or 10**9):
            said, why = "{", "length"
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        found: dict[str, Any] = {
            "id": "c1", "object": "chat.completion", "created": 0, "model": asked.body["model"],
            "choices": [{"index": 0, "finish_reason": why, "message": {"role": "assistant", "content": text}}],
        }  # fmt: skip
        if self.model.counts:
            found["usage"] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        self._send(200, found)

    def _send(self, status: int, answer: dict[str, Any], *, retry_after: str | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        if retry_after is not None:
            self.send_header("retry-after", retry_after)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _misbehave(self, how: str) -> None:
        self.close_connection = True
        if how == STALL:
            self.model.over.wait(60)
        elif how != CLOSE:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            try:
                while not self.model.over.wait(0.02 if how == TRICKLE else 0):
                    self.wfile.write(b" " if how == TRICKLE else b" " * 65536)
                    self.wfile.flush()
            except OSError:
                return  # the caller had enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the name that its caller uses
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Model]:
    """Serve a model on loopback; its `address` is the base URL."""
    model = Model()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ModelDoor", (Door,), {"model": model}))
    server.daemon_threads = True
    model.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _read(body: dict[str, Any], headers: dict[str, str]) -> Asked:
    messages = body["messages"]
    system, user = messages[0]["content"], messages[1]["content"]
    picture = b""
    if isinstance(user, list):  # words, and a picture beside them
        picture = b64decode(user[1]["image_url"]["url"].removeprefix("data:image/jpeg;base64,"), validate=True)
        user = user[0]["text"]
    step = next(
        (
            name
            for name, words in (
                ("digest", "You extract quotations"),
                ("write", "You write posts"),
                ("refine", "You correct drafts"),
                ("questions", "You plan research"),
                ("report", "You write the report of research"),
                ("describe", "You say what a picture shows"),
            )
            if words in system
        ),
        "probe",
    )
    found = re.search(r"^(data-[0-9a-f]{16})\n(.*)\n\1\Z", user, re.MULTILINE | re.DOTALL)
    data = json.loads(found[2]) if found else {}
    return Asked("repair" if len(messages) > 2 else step, found[1] if found else "", data, body, headers, picture)


def _read_sound(content: bytes, headers: dict[str, str]) -> tuple[Asked, list[str]]:
    """Give a request to write down sound, and what is wrong with it."""
    parsed = BytesParser().parsebytes(b"content-type: " + headers["content-type"].encode() + b"\r\n\r\n" + content)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in _parts(parsed)}
    fields = {name: part.get_payload(decode=True) for name, part in parts.items()}
    sound = fields.pop("file", b"")
    named, kind = parts["file"].get_filename() or "", parts["file"].get_content_type()
    body = {name: value.decode() for name, value in fields.items() if isinstance(value, bytes)}
    assert isinstance(sound, bytes)
    wrong = []
    if sniff(sound) != kind or not re.fullmatch(r"audio\.(wav|mp3|ogg|m4a|flac|webm)", named):
        wrong.append(f"it sends a sound as {named}, {kind}, which it is not")
    if body.get("response_format") != "json" or not body.get("model"):
        wrong.append(f"it asks for a transcription with {body}")
    if KEY.encode() in content:
        wrong.append("it tells the key")
    return Asked("transcribe", "", {}, body, headers, sound=sound), wrong


def _parts(message: Message) -> list[Message]:
    found = message.get_payload()
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def _wrong(asked: Asked) -> Iterator[str]:
    """What no question may hold: tools, secrets beside the key's own header, or text outside the data."""
    if {"tools", "functions", "tool_choice"} & asked.body.keys():
        yield "it offers tools"
    if KEY in json.dumps(asked.body):
        yield "it tells the key"
    if not any(asked.body.get(name) for name in ("max_tokens", "max_completion_tokens")):
        yield "its answer has no limit"
    if asked.step == "describe" and sniff(asked.picture) != "image/jpeg":
        yield "it shows no JPEG"
    if asked.step in ("digest", "write", "refine", "questions", "report") and not asked.delimiter:
        yield "its data do not stand between random lines"
    form = asked.body.get("response_format", {}).get("json_schema", {}).get("schema")
    if form is not None and (found := _lax(form)):
        yield found


def _lax(node: Any) -> str | None:
    """Why a strict mode would refuse the schema."""
    if isinstance(node, list):
        return next(filter(None, map(_lax, node)), None)
    if not isinstance(node, dict):
        return None
    if node.get("type") == "object" and (
        node.get("additionalProperties") is not False or set(node["required"]) != set(node["properties"])
    ):
        return "its schema has an object that is not closed"
    return next(filter(None, map(_lax, node.values())), None)


def _refused(model: Model, body: dict[str, Any]) -> str | None:
    wanted = body.get("response_format", {}).get("type")
    if not model.sees and isinstance(body["messages"][1]["content"], list):
        return "this model takes no image input"
    if wanted and not model.structured and not (wanted == "json_object" and model.json_mode):
        return f"response_format {wanted} is not supported"
    return next((f"Unsupported parameter: '{name}'. {_instead(name)}" for name in model.unknown if name in body), None)


def _instead(name: str) -> str:
    return "Use 'max_completion_tokens' instead." if name == "max_tokens" else "Only the default is supported."
