"""Whatever stands behind the address of the model, a step ends with a reason and never with an error of ours."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from generators.model.errors import ModelError
from generators.model.server import Question, Reply, Server

QUESTION = Question("system", "user", {}, 0.0, 100, 1)


def answer(body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def completion(content: object, **choice: object) -> bytes:
    message = {"role": "assistant", "content": content}
    return answer(json.dumps({"choices": [{"index": 0, "message": message, **choice}]}).encode())


def asked(raw: bytes) -> Reply | str:
    """Ask a server that sends *raw* for whatever it is asked; give the reply, or the reason why there is none."""

    async def door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(raw)
            await writer.drain()
        writer.close()

    async def play() -> Reply | str:
        listening = await asyncio.start_server(door, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        server = Server(model="small", base_url=f"http://127.0.0.1:{port}/v1", key=None)
        try:
            async with asyncio.timeout(20):
                return await server.ask(QUESTION)
        except ModelError as error:
            return str(error)
        finally:
            await server.close()
            listening.close()

    return asyncio.run(play())


NO_COMPLETION = "the server's answer is no chat completion; see OPENAI_BASE_URL"
BROKEN = {
    "arrays without end": (answer(b"[" * 500_000), "nested too deep"),
    "objects without end": (answer(b'{"a":' * 200_000), "nested too deep"),
    "a number without end": (answer(b'{"choices": ' + b"9" * 100_000 + b"}"), "cannot be read"),
    "choices that are no list": (answer(b'{"choices": {"a": 1}}'), NO_COMPLETION),
    "choices that are a number": (answer(b'{"choices": 5}'), NO_COMPLETION),
    "choices that are no number": (answer(b'{"choices": NaN}'), NO_COMPLETION),
    "choices of text": (answer(b'{"choices": ["x"]}'), "the answer is empty"),
    "no choices": (answer(b'{"choices": []}'), "the answer is empty"),
    "null": (answer(b"null"), NO_COMPLETION),
    "a page": (answer(b"<html>Welcome</html>", "text/html"), NO_COMPLETION),
    "a stream of events": (answer(b"data: {}\n\n", "text/event-stream"), NO_COMPLETION),
    "bytes that are no text": (answer(b'{"choices":[{"message":{"content":"\xff"}}]}'), "cannot be read"),
    "a refusal that names everything": (
        answer(b'{"error":{"message":"temperature seed schema max_completion_tokens"}}', status="400 Bad"),
        "refused the question",
    ),
    "no HTTP": (b"\x00\x01garbage\r\n\r\n", "not reachable"),
    "headers without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 3_000_000 + b"\r\n\r\n", "not reachable"),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "not reachable"),
    "a redirect": (b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "answered 307"),
    "a compressed answer": (answer(b"x", more="Content-Encoding: gzip\r\n"), "not reachable"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_answer_is_a_reason(how: str) -> None:
    raw, why = BROKEN[how]
    assert why in str(asked(raw))


def test_an_answer_in_pieces_is_put_together() -> None:
    pieces = [{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}, {"type": "image"}]
    assert asked(completion(pieces)) == Reply('{"a": 1}', 0, 0)


def test_what_no_text_can_hold_is_left_out() -> None:
    assert asked(completion("a\ud800b\0c")) == Reply("a?bc", 0, 0)


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert asked(completion("", finish_reason="length")) == Reply("", 0, 0, cut_off=True)
