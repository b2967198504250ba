"""Public pages of posts: who has the address sees the post, and nobody else comes upon it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from domain.material import Material, MaterialKind
from domain.owner import LOCAL_OWNER
from domain.picture import Picture, PictureKind
from scheduler.editor import Gathered
from scheduler.shown import sharing
from storage import blobs, codec
from storage.cipher import FernetCipher
from storage.database import Database
from storage.posts import PICTURES
from storage.tables import posts
from tests.integration.compatible_stage import Stage, staged

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
HOSTILE = '<script>alert("x")</script>" onload=x <img src=//evil.example>'


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, address="https://pages.example/ostinato") as found:
        yield found


def listed(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.door.get("/x/posts")["posts"]
    return found


def path(share_url: str) -> str:
    return share_url.removeprefix("https://pages.example/ostinato")


def opened(stage: Stage, share_url: str) -> httpx.Response:
    return stage.door.ask("GET", path(share_url), token=None)


def test_a_share_url_is_a_page_that_needs_no_token(stage: Stage) -> None:
    request_id = stage.post("Ferries & trams", "The second part")

    first, second = listed(stage)
    answer = opened(stage, first["shareUrl"])

    day = first["createdOn"][:10].replace("-", "")
    assert re.fullmatch(rf"/share/podcast/{first['id']}-[0-9a-f]{{32}}/{day}", path(first["shareUrl"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<p dir="auto">Ferries &amp; trams</p>' in answer.text
    assert "The second part" in opened(stage, second["shareUrl"]).text
    assert opened(stage, second["shareUrl"]).text == answer.text  # a thread is one page
    assert first["shareUrl"] != second["shareUrl"]
    told = stage.door.get(f"/content/Status/{request_id}")
    assert (told["share_url"], told["posts"][1]["shareUrl"]) == (first["shareUrl"], second["shareUrl"])
    assert stage.door.get(f"/x/posts/{first['id']}")["post"]["shareUrl"] == first["shareUrl"]


def test_a_page_runs_nothing_and_asks_no_other_host(stage: Stage) -> None:
    source = Material(
        "m0", MaterialKind.PAGE, "words", title=HOSTILE, url="https://example.com/a?b=1&c=2", site="Example"
    )
    lure = replace(source, id="m1", url="javascript:alert(1)", title="lure")
    stage.house.editor.gathered = Gathered((source, lure))
    stage.post(HOSTILE)
    with stage.house.database.write() as c:
        kept = blobs.keep(c, PNG, name="a.png", now=stage.house.clock(), owner=LOCAL_OWNER)
        pictures = (
            Picture(PictureKind.BAR_CHART, HOSTILE, blob=kept.id),
            Picture(PictureKind.DATA_TABLE, "", url="https://elsewhere.example/t.png"),
        )
        c.execute(update(posts).values(pictures=codec.dump(PICTURES, pictures)))

    answer = opened(stage, listed(stage)[0]["shareUrl"])

    page, policy = answer.text, answer.headers["content-security-policy"]
    assert re.findall(r"<(script|iframe|form|link|base|object)\b", page) == []
    assert re.findall(r'src="([^"]*)"', page) == [f"../../../files/{kept.id}"]
    assert "javascript:" not in page
    assert 'href="https://example.com/a?b=1&amp;c=2"' in page
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert (answer.headers["x-robots-tag"], answer.headers["referrer-policy"]) == ("noindex, nofollow", "no-referrer")
    assert answer.headers["cache-control"] == "no-store"
    assert stage.door.ask("GET", f"/files/{kept.id}", token=None).content == PNG


def test_another_id_another_key_and_another_day_are_no_page(stage: Stage) -> None:
    stage.post("Hello")
    (post,) = listed(stage)
    name, day = path(post["shareUrl"]).split("/")[3:]
    other = FernetCipher(Fernet.generate_key()).seal(f"share page {post['id']}")
    last = "0" if name[-1] != "0" else "1"

    for wrong in (
        post["id"],
        f"{post['id']}-",
        f"{post['id']}-{other}",
        name[:-1] + last,
        name[1:],
        "é",
        "-",
        name + "0",
    ):
        said = stage.door.refused(404, "GET", f"/share/podcast/{wrong}/{day}", token=None)
        assert (said["success"], said["error"]) == (False, "Page not found")
    for wrong in ("20260302", "2026-03-01", "0", "x", day + "0"):
        stage.door.refused(404, "GET", f"/share/podcast/{name}/{wrong}", token=None)


def test_what_was_discarded_or_deleted_has_no_page(stage: Stage) -> None:
    stage.post("one", "two")
    first, second = listed(stage)

    for status in ("discarded", "deleted"):
        with stage.house.database.write() as c:
            c.execute(update(posts).where(posts.c.id == first["id"]).values(status=status))
        assert opened(stage, first["shareUrl"]).status_code == 404
        assert [each["shareUrl"] for each in listed(stage)] == [None, second["shareUrl"]]
        assert "one" not in opened(stage, second["shareUrl"]).text


def test_without_an_address_answers_name_the_one_that_was_asked(database: Database) -> None:
    with staged(database) as stage:
        stage.post("Hello")
        assert listed(stage)[0]["shareUrl"].startswith("http://door/share/podcast/")


def test_a_seal_has_128_bits_and_is_of_its_key_and_text() -> None:
    one, two = FernetCipher(Fernet.generate_key()), FernetCipher(Fernet.generate_key())

    seals = {one.seal("a"), one.seal("b"), two.seal("a")}

    assert len(seals) == 3
    assert {len(bytes.fromhex(each)) for each in seals} == {16}
    assert sharing.post_id(f"p-{one.seal('share page p')}", one.seal) == "p"
