"""The picture of a template's posts, in a document and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.picture import Charts, OwnPicture
from domain.template import Template, files_of
from domain.template_document import parse, to_document

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
FILE = "0f8fad5b-d9cb-469f-a165-70867728950e"
URL = "https://example.com/poster.png"


def read(**fields: Any) -> Template:
    document = {"name": "a", "account": "acme", "type": "tweet", "text": "words", **fields}
    return parse(document, id="t", now=NOW)


@pytest.mark.parametrize(
    ("given", "picture"),
    [
        (URL, OwnPicture(url=URL)),
        ({"url": URL, "alt": " A poster \n of a concert "}, OwnPicture(url=URL, alt="A poster of a concert")),
        ({"file": FILE, "alt": "A poster"}, OwnPicture(file=FILE, alt="A poster")),
        ("", None),
        (None, None),
    ],
)
def test_a_picture_is_read_and_written_back(given: Any, picture: OwnPicture | None) -> None:
    template = read(picture=given)

    assert template.picture == picture
    assert parse(to_document(template), id="t", now=NOW).picture == picture


def test_what_is_not_said_is_not_written() -> None:
    assert not {"picture", "charts", "picture_required"} & to_document(read()).keys()


def test_charts_and_the_wish_for_a_picture_are_read_and_written_back() -> None:
    template = read(charts="auto", pictureRequired=False)

    assert (template.charts, template.picture_required) == (Charts.AUTO, False)
    document = to_document(template)
    assert (document["charts"], document["picture_required"]) == ("auto", False)


def test_the_file_of_a_picture_is_one_that_the_template_needs() -> None:
    assert files_of(read(picture={"file": FILE})) == (FILE,)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "picture: give either url or file"),
        ({"url": URL, "file": FILE}, "picture: give either url or file"),
        ({"url": "ftp://example.com/a.png"}, "picture.url: 'ftp://example.com/a.png' is not an http or https URL"),
        ({"file": "../../etc/passwd"}, "picture.file: must be the id of a kept file"),
        ({"url": URL, "alt": "x" * 1_001}, "picture.alt: is 1001 characters long"),
        ({"url": URL, "text": "x"}, "picture.text: unknown field"),
        (7, "picture: must be a URL, or a table"),
    ],
)
def test_a_picture_that_cannot_be_is_named_with_the_remedy(given: Any, problem: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read(picture=given)

    assert str(raised.value).startswith(problem)
