"""An OpenAI-compatible server: one question, one answer, within a time and a size.

`openai` takes a second to import and some 30 MB: it is loaded by the first question, in a thread.
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from generators.model import connecting
from generators.model.errors import ModelError

NO_KEY = "none"  # what a server that wants no key is sent
ROOM_TO_THINK = 4  # times the tokens, for a model whose answer was cut off
LONGEST_REST = 3600.0  # seconds that a server's Retry-After can ask for
AT_ONCE = 8  # questions in flight; a local server answers one after the other anyway


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. *schema* is the JSON schema of the answer; *earlier* holds an answer and what was said to it.

    *picture* is a JPEG that the model is shown beside the words.
    """

    system: str
    user: str
    schema: dict[str, Any]
    temperature: float
    most_tokens: int
    seed: int | None = None
    earlier: tuple[str, str] | None = None
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was written down of something spoken. *seconds* is how long it lasts, where the server says so."""

    text: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came. Tokens are the server's own count, 0 where it gives none."""

    text: str
    tokens_in: int
    tokens_out: int
    cut_off: bool = False  # at the most tokens that were allowed


class Shape(StrEnum):
    """How an answer's form is asked for."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"  # some JSON object; which one is said in words
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server was found to understand."""

    shape: Shape = Shape.SCHEMA
    limit: str = "max_tokens"
    temperature: bool = True
    seed: bool = True


_SIMPLER = {Shape.SCHEMA: Shape.OBJECT, Shape.OBJECT: Shape.WORDS}
_SHAPES = re.compile(r"response_format|json_schema|json_object|schema|grammar|structured", re.IGNORECASE)


class Server:
    """Asks a model. Never retries a question, except in words that the server said it lacks."""

    def __init__(self, *, model: str, base_url: str | None, key: str | None) -> None:
        self.model = model
        self.dialect = Dialect()
        self.room = 1  # times the tokens that an answer takes: a model that thinks aloud takes more
        self._roomy = True
        self._base_url = base_url
        self._key = key or NO_KEY
        self._client: Any = None
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def ask(self, question: Question) -> Reply:
        """Give the model's answer. Raises ModelError; the caller bounds the time."""
        async with self._at_once:
            client = await self._connected()
            while True:
                asked = self.dialect
                try:
                    return await self._ask(client, question, asked)
                except _Refused as error:
                    simpler = adapted(asked, str(error))
                    if simpler == asked:
                        if self.room > 1 and asked.limit in str(error):
                            self.room, self._roomy = 1, False  # more than the model has
                        raise ModelError(f"the server refused the question: {error}") from error
                    self.dialect = simpler

    async def write_down(self, sound: bytes, *, name: str, media_type: str) -> Heard:
        """Give the words that are spoken in *sound*. *name* is sent with it; its ending tells its format.

        Raises ModelError; the caller bounds the time.
        """
        async with self._at_once:
            client = await self._connected()
            try:
                with _told():
                    answer = await client.audio.transcriptions.create(
                        model=self.model, file=(name, sound, media_type), response_format="json"
                    )
            except _Refused as error:
                raise ModelError(f"the server refused the sound: {error}") from error
            return _heard(answer)

    def give_room(self) -> None:
        """Allow longer answers from the next step on: one was cut off. What this step may cost is reserved already."""
        self.room = ROOM_TO_THINK if self._roomy else 1

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> Any:
        if self._client is None:
            self._client = await asyncio.to_thread(connecting.client, self._base_url, self._key)
        return self._client

    async def _ask(self, client: Any, question: Question, dialect: Dialect) -> Reply:
        with _told():
            answer = await client.chat.completions.create(**arguments(self.model, question, dialect))
        return _reply(answer)


@contextmanager
def _told() -> Iterator[None]:
    """Translate what keeps a request to the server from being answered into ModelError, or _Refused."""
    import openai

    try:
        yield
    except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
        raise _Refused(one_line(error.message)) from error
    except openai.RateLimitError as error:
        why = "the server answered 429: too many requests, or no credit"
        raise ModelError(why, rest=_wanted_rest(error.response.headers)) from error
    except openai.APIStatusError as error:
        rest = _wanted_rest(error.response.headers)
        raise ModelError(f"the server answered {error.status_code}", rest=rest) from error
    except openai.APITimeoutError as error:
        raise ModelError("the server took too long") from error
    except openai.APIConnectionError as error:
        raise ModelError(f"the server is not reachable: {one_line(str(error.__cause__ or error))}") from error
    except (openai.OpenAIError, ValueError) as error:
        raise ModelError(f"the server's answer cannot be read: {one_line(str(error))}") from error
    except RecursionError as error:
        raise ModelError("the server's answer cannot be read: it is nested too deep") from error


class _Refused(Exception):
    """The server found the question itself wrong."""


def arguments(model: str, question: Question, dialect: Dialect) -> dict[str, Any]:
    """The request for *question* in a server's *dialect*: no tools, nothing but words and limits."""
    form = question.schema
    system = question.system
    if dialect.shape is not Shape.SCHEMA:
        system += f"\n\nAnswer with one JSON object of this schema:\n{json.dumps(form, ensure_ascii=False)}"
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": system},
        {"role": "user", "content": _shown(question)},
    ]
    if question.earlier:
        answer, objection = question.earlier
        messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": objection}]
    found: dict[str, Any] = {"model": model, "messages": messages, dialect.limit: question.most_tokens}
    if dialect.temperature:
        found["temperature"] = question.temperature
    if dialect.seed and question.seed is not None:
        found["seed"] = question.seed
    if dialect.shape is Shape.SCHEMA:
        wanted = {"name": "answer", "schema": form, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": wanted}
    elif dialect.shape is Shape.OBJECT:
        found["response_format"] = {"type": "json_object"}
    return found


def _shown(question: Question) -> str | list[dict[str, Any]]:
    """Give what the user says, with the picture beside it where there is one."""
    if question.picture is None:
        return question.user
    url = f"data:image/jpeg;base64,{b64encode(question.picture).decode()}"
    return [{"type": "text", "text": question.user}, {"type": "image_url", "image_url": {"url": url}}]


def adapted(dialect: Dialect, message: str) -> Dialect:
    """*dialect* without what the server's *message* complains of; the same where it names nothing of it."""
    if dialect.limit == "max_tokens" and "max_completion_tokens" in message:
        return replace(dialect, limit="max_completion_tokens")
    if dialect.temperature and "temperature" in message:
        return replace(dialect, temperature=False)
    if dialect.seed and re.search(r"\bseed\b", message):
        return replace(dialect, seed=False)
    if dialect.shape in _SIMPLER and _SHAPES.search(message):
        return replace(dialect, shape=_SIMPLER[dialect.shape])
    return dialect


def _reply(answer: Any) -> Reply:
    """Read what the client made of the answer, which no server is bound to have filled in."""
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list):
        raise ModelError("the server's answer is no chat completion; see OPENAI_BASE_URL")
    choice = choices[0] if choices else None
    message = getattr(choice, "message", None)
    text = _text(getattr(message, "content", None))
    cut_off = getattr(choice, "finish_reason", None) == "length"
    if not text.strip() and not cut_off:
        refusal = getattr(message, "refusal", None)
        raise ModelError(
            f"the model refused: {one_line(refusal)}" if isinstance(refusal, str) else "the answer is empty"
        )
    usage = getattr(answer, "usage", None)
    return Reply(text, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"), cut_off)


def _heard(answer: Any) -> Heard:
    """Read what the client made of a transcription; some servers answer with the words alone."""
    text = answer if isinstance(answer, str) else getattr(answer, "text", None)
    if not isinstance(text, str):
        raise ModelError("the server's answer is no transcription; see OPENAI_BASE_URL")
    usage = getattr(answer, "usage", None)
    seconds = getattr(answer, "duration", None) or getattr(usage, "seconds", None)
    return Heard(_text(text), seconds if isinstance(seconds, (int, float)) and 0 < seconds < 10**6 else None)


def _text(content: Any) -> str:
    """Give the words of a message, which some servers send in pieces; without what no text can hold."""
    if isinstance(content, list):
        content = "".join(str(_field(piece, "text") or "") for piece in content)
    return content.encode("utf-8", "replace").decode().replace("\0", "") if isinstance(content, str) else ""


def _field(piece: Any, name: str) -> Any:
    return piece.get(name) if isinstance(piece, dict) else getattr(piece, name, None)


def _wanted_rest(headers: Mapping[str, str]) -> float | None:
    """The seconds for which a server asks to be left alone, an hour at most; None where it does not say."""
    said = headers.get("retry-after", "").strip()
    return min(float(said), LONGEST_REST) if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", said) else None


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def one_line(text: str, most: int = 200) -> str:
    """*text* as it can be logged and stored: printable, in one line, at most so long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]
