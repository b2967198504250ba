from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from domain.errors import ApiRefused, SourceError
from domain.material import MaterialKind, StyleProfile
from domain.template import StyleSource
from sources.style import read_style
from sources.text import read_text
from xquik.transport import Transport

NOW = datetime(2025, 3, 5, tzinfo=UTC)


class FakeApi:
    """Answers the two style calls with what it is told: a body, or an error to raise."""

    def __init__(self, *, kept: Mapping[str, Any] | Exception, fetched: Mapping[str, Any] | Exception) -> None:
        self._kept, self._fetched = kept, fetched
        self.calls: list[str] = []

    async def read(self, path: str, params: object = None) -> Mapping[str, Any]:
        return self._answer(f"GET {path}", self._kept)

    async def pure(self, path: str, json: object, **options: object) -> Mapping[str, Any]:
        return self._answer(f"POST {path}", self._fetched)

    def _answer(self, call: str, answer: Mapping[str, Any] | Exception) -> Mapping[str, Any]:
        self.calls.append(call)
        if isinstance(answer, Exception):
            raise answer
        return answer


def style(api: FakeApi | None, source: StyleSource) -> StyleProfile:
    return asyncio.run(read_style(source, transport=cast(Transport, api), now=NOW))


def tweets(*texts: str) -> dict[str, Any]:
    return {"xUsername": "mara", "fetchedAt": "2025-01-01T00:00:00Z", "tweets": [{"text": text} for text in texts]}


MISSING = ApiRefused("style not found", status=404, code="style_not_found")


def test_own_samples_need_no_call() -> None:
    profile = style(None, StyleSource(samples=("One\u200b.", "  ", "Two.")))
    assert profile == StyleProfile(None, ("One.", "Two."), NOW)


def test_a_kept_style_is_free_and_nothing_else_is_asked() -> None:
    api = FakeApi(kept=tweets("Morning."), fetched=AssertionError("not to be asked"))
    profile = style(api, StyleSource(username="@mara"))
    assert (profile.username, profile.samples) == ("mara", ("Morning.",))
    assert profile.fetched_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert api.calls == ["GET /styles/mara"]


@pytest.mark.parametrize("kept", [MISSING, tweets()], ids=["none", "empty"])
def test_only_without_a_kept_style_is_the_author_read(kept: Mapping[str, Any] | Exception) -> None:
    api = FakeApi(kept=kept, fetched=tweets("Evening."))
    assert style(api, StyleSource(username="mara")).samples == ("Evening.",)
    assert api.calls == ["GET /styles/mara", "POST /styles"]


def test_an_unknown_author_and_one_without_posts_are_errors_of_the_source() -> None:
    unknown = ApiRefused("no such user", status=404, code="user_not_found")
    with pytest.raises(SourceError, match="style of @mara: no such user"):
        style(FakeApi(kept=MISSING, fetched=unknown), StyleSource(username="mara"))
    with pytest.raises(SourceError, match="no posts to learn from"):
        style(FakeApi(kept=MISSING, fetched=tweets("\u200b")), StyleSource(username="mara"))


def test_a_style_without_an_api_says_so() -> None:
    with pytest.raises(SourceError, match="no Xquik API is set up"):
        style(None, StyleSource(username="mara"))


def test_own_text_is_cleaned_material() -> None:
    material = read_text(" One\u200b.\r\nTwo. ", material_id="m3")
    assert (material.id, material.kind, material.text) == ("m3", MaterialKind.TEXT, "One.\nTwo.")


def test_own_text_that_shows_nothing_is_an_error_of_the_source() -> None:
    with pytest.raises(SourceError, match="text: it is empty"):
        read_text(" \u200b ", material_id="m0")
