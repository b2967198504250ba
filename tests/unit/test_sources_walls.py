from __future__ import annotations

from pathlib import Path

import pytest

from sources.parsing.page import extract

URL = "https://quay.test/news/archive"
LINES = (Path(__file__).parents[1] / "data" / "sources" / "walls.txt").read_text(encoding="utf-8").splitlines()
CASES = [tuple(line.split(" | ")) for line in LINES if not line.startswith("#")]


def page(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>".encode()


@pytest.mark.parametrize(("kind", "title", "text"), CASES, ids=[f"{kind}: {text[:30]}" for kind, _, text in CASES])
def test_a_short_wall_and_a_short_article_about_walls_are_told_apart(kind: str, title: str, text: str) -> None:
    found = extract(page(title, text), URL)

    if kind == "an article":
        assert found.problem is None
        assert text in found.text
    else:
        assert found.problem is not None
        assert kind in found.problem
        assert found.text == ""


def test_an_article_that_ends_in_an_invitation_to_sign_in_is_an_article() -> None:
    text = "The ferry leaves the old landing at seven. It comes back with the tide. The fare is two crowns."

    assert extract(page("The ferry", text, "Sign in to continue reading."), URL).problem is None
