"""An OpenAI-compatible server: one question, one answer, within a time and a size.

`openai` takes a second to import and some 30 MB: it is loaded by the first question, in a thread.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from generators.model.errors import ModelError

NO_KEY = "none"  # what a server that wants no key is sent
LARGEST = 2 * 1024 * 1024  # bytes of an answer
CONNECT_SECONDS = 10.0
AT_ONCE = 8  # questions in flight; a local server answers one after the other anyway


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. *schema* is the JSON schema of the answer; *earlier* holds an answer and what was said to it."""

    system: str
    user: str
    schema: dict[str, Any]
    temperature: float
    most_tokens: int
    seed: int | None = None
    earlier: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came. Tokens are the server's own count, 0 where it gives none."""

    text: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server was found to understand."""

    schema: bool = True
    limit: str = "max_tokens"
    temperature: bool = True
    seed: bool = True


class Server:
    """Asks a model. Never retries a question, except in words that the server said it lacks."""

    def __init__(self, *, model: str, base_url: str | None, key: str | None) -> None:
        self.model = model
        self.dialect = Dialect()
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
                        raise ModelError(f"the server refused the question: {error}") from error
                    self.dialect = simpler

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> Any:
        if self._client is None:
            self._client = await asyncio.to_thread(_client, self._base_url, self._key)
        return self._client

    async def _ask(self, client: Any, question: Question, dialect: Dialect) -> Reply:
        import openai

        try:
            answer = await client.chat.completions.create(**arguments(self.model, question, dialect))
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise _Refused(_one_line(error.message)) from error
        except openai.RateLimitError as error:
            raise ModelError("the server answered 429: too many requests, or no credit") from error
        except openai.APIStatusError as error:
            raise ModelError(f"the server answered {error.status_code}") from error
        except openai.APITimeoutError as error:
            raise ModelError("the server took too long") from error
        except openai.APIConnectionError as error:
            raise ModelError(f"the server is not reachable: {_one_line(str(error.__cause__ or error))}") from error
        except (openai.OpenAIError, ValueError) as error:
            raise ModelError(f"the server's answer cannot be read: {_one_line(str(error))}") from error
        return _reply(answer)


class _Refused(Exception):
    """The server found the question itself wrong."""


def arguments(model: str, question: Question, dialect: Dialect) -> dict[str, Any]:
    """The request for *question* in a server's *dialect*: no tools, nothing but words and limits."""
    form = question.schema
    shown = json.dumps(form, ensure_ascii=False)
    system = (
        question.system
        if dialect.schema
        else f"{question.system}\n\nAnswer with one JSON object of this schema:\n{shown}"
    )
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question.user}]
    if question.earlier:
        answer, objection = question.earlier
        messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": objection}]
    found: dict[str, Any] = {"model": model, "messages": messages, dialect.limit: question.most_tokens}
    if dialect.temperature:
        found["temperature"] = question.temperature
    if dialect.seed and question.seed is not None:
        found["seed"] = question.seed
    if dialect.schema:
        wanted = {"name": "answer", "schema": form, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": wanted}
    return found


def adapted(dialect: Dialect, message: str) -> Dialect:
    """*dialect* without what the server's *message* complains of; the same where it names nothing of it."""
    if dialect.limit == "max_tokens" and "max_completion_tokens" in message:
        return replace(dialect, limit="max_completion_tokens")
    if dialect.temperature and "temperature" in message:
        return replace(dialect, temperature=False)
    if dialect.seed and re.search(r"\bseed\b", message):
        return replace(dialect, seed=False)
    if dialect.schema and re.search(r"response_format|json_schema|schema|grammar|structured", message, re.IGNORECASE):
        return replace(dialect, schema=False)
    return dialect


def _reply(answer: Any) -> Reply:
    """Read what the client made of the answer, which no server is bound to have filled in."""
    choices = getattr(answer, "choices", None) or []
    message = getattr(choices[0], "message", None) if choices else None
    text = getattr(message, "content", None)
    if not isinstance(text, str) or not text.strip():
        refusal = getattr(message, "refusal", None)
        raise ModelError(
            f"the model refused: {_one_line(refusal)}" if isinstance(refusal, str) else "the answer is empty"
        )
    usage = getattr(answer, "usage", None)
    return Reply(text, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def _one_line(text: str, most: int = 200) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


def _client(base_url: str | None, key: str) -> Any:
    import httpx2
    from openai import AsyncOpenAI

    class Bounded(httpx2.AsyncByteStream):
        """The bytes of an answer, up to a size."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._stream:
                size += len(chunk)
                if size > LARGEST:
                    raise httpx2.ReadError(f"the answer has more than {LARGEST} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Transport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            if response.headers.get("content-encoding", "identity") != "identity":
                await response.aclose()
                raise httpx2.ReadError("the answer is compressed, which was not asked for")
            response.stream = Bounded(response.stream)
            return response

    return AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity"},
        http_client=httpx2.AsyncClient(
            transport=Transport(), trust_env=False, timeout=httpx2.Timeout(600.0, connect=CONNECT_SECONDS)
        ),
    )
