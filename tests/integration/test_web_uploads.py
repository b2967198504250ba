"""Files that are brought through the compatible operations: what they hold decides, and their names are only names."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from sources.offloaded import examine_picture
from storage import tables
from storage.database import Database
from tests.integration.web_door import WebDoor, web_door
from tests.media_files import picture, png_bomb, png_of, wav

P = ParamSpec("P")
T = TypeVar("T")
BOUNDARY = "b0undary"


def zip_file(entry: bytes = b"words") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("words.txt", entry)
    return file.getvalue()


def with_packed_words() -> bytes:
    words = PngInfo()
    words.add(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 80_000_000, 9))
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG", pnginfo=words)
    return file.getvalue()


SCRIPTED = picture("JPEG", comment=b"<script>alert(1)</script>")
IMAGES: dict[str, tuple[bytes, str | None]] = {
    "a picture": (picture("WEBP"), None),
    "a picture with words": (picture("JPEG", comment=b"<3 <x:xmpmeta> PK\x05\x06 and more"), None),
    "nothing": (b"", "is empty"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "is none of image/png"),
    "a drawing with scripts": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "is none of image/png"),
    "an archive": (zip_file(), "is none of image/png"),
    "a packed bomb": (zip_file(bytes(50_000_000)), "is none of image/png"),
    "a program": (b"MZ\x90\x00" + bytes(100), "is none of image/png"),
    "a sound": (wav(), "is audio/wav, and none of image/png"),
    "a bomb": (png_bomb(7_000), "has more than 40 million points"),
    "a header without a picture": (png_of(30_000, 30_000), "has more than 40 million points"),
    "packed words": (with_packed_words(), "it is truncated or damaged"),
    "half a picture": (picture("JPEG", (400, 400))[:900], "it is truncated or damaged"),
    "another kind than its first bytes": (b"GIF89a" + picture()[6:], "cannot be read as such"),
    "a picture before an archive": (picture() + zip_file(), "is image/png and a ZIP archive at once"),
    "a picture before an empty archive": (picture() + b"PK\x05\x06" + bytes(18), "a ZIP archive at once"),
    "a picture and a page": (SCRIPTED, "is image/jpeg and a web page at once"),
    "a picture and a script": (picture("GIF", comment=b"<?php system($_GET[1]); ?>"), "image/gif and a web page"),
    "a picture and a document": (picture("JPEG", comment=b"%PDF-1.7 1 0 obj"), "a PDF document at once"),
}
SOUNDS: dict[str, tuple[bytes, str | None]] = {
    "a sound": (wav(), None),
    "nothing": (b"", "is empty"),
    "a picture": (picture(), "is image/png, and none of audio/wav"),
    "a page": (b"<html>", "is none of audio/wav"),
    "a sound before an archive": (wav() + zip_file(), "is audio/wav and a ZIP archive at once"),
    "a sound and a page": (b"ID3" + b"<html><body>", "is audio/mpeg and a web page at once"),
}
NAMES = {
    "a path": b"../../../../written",
    "a path of Windows": b"..\\..\\written.png",
    "a drive": b"C:\\written.png",
    "NUL": b"wri\x00tten.png",
    "a header": b"a\x0bSet-Cookie: b=c.png",
    "escapes": b"\x1b[31m\x07.png",
    "long": b"x" * 3_000 + b".png",
    "no UTF-8": b"\xff\xfe\xc3\x28.png",
    "dots": b"..",
    "turned": "photo\u202egnp.exe".encode(),
    "markup": b"<img src=x onerror=alert(1)>",
}


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What a file is has nothing to do with the database."""
    return str(request.param)


class Offload:
    """Does at once what would be done in a process of its own, and remembers it."""

    def __init__(self) -> None:
        self.done: list[Callable[..., Any]] = []

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.done.append(function)
        return function(*args, **kwargs)


@pytest.fixture
def offload() -> Offload:
    return Offload()


@pytest.fixture
def door(database: Database, offload: Offload) -> Iterator[WebDoor]:
    with web_door(database, account="acme", hears=True, offload=offload) as opened:
        yield opened


def kept(door: WebDoor) -> list[str]:
    with door.database.read() as c:
        return list(c.execute(select(tables.blobs.c.name)).scalars())


@pytest.mark.parametrize("case", IMAGES)
def test_a_picture_is_taken_apart_before_it_is_kept(door: WebDoor, offload: Offload, case: str) -> None:
    content, why = IMAGES[case]
    fields = {"type": "tweet", "queryText": "What is this?"}

    answer = door.ask("POST", "/x/post/quick", data=fields, files={"imageFile": ("a.png", content, "image/png")})

    assert_answer(answer, "imageFile", why)
    assert kept(door) == ([] if why else ["a.png"])
    # A picture is never taken apart where calls are answered.
    assert set(offload.done) <= {examine_picture}
    assert why is not None or offload.done


@pytest.mark.parametrize("case", IMAGES)
def test_a_data_uri_is_checked_as_a_file_is(door: WebDoor, case: str) -> None:
    content, why = IMAGES[case]
    uri = "data:image/png;base64," + base64.b64encode(content).decode()

    answer = door.ask("POST", "/x/post", json={"type": "tweet", "imageFile": uri})

    assert_answer(answer, "imageFile", why if content else "must be a data URI")
    assert kept(door) == ([] if why else ["image"])


@pytest.mark.parametrize(("path", "field"), [("/x/post", "promptAudioFile"), ("/x/post/quick", "queryAudioFile")])
@pytest.mark.parametrize("case", SOUNDS)
def test_a_sound_is_what_its_content_says(door: WebDoor, path: str, field: str, case: str) -> None:
    content, why = SOUNDS[case]

    fields = {"type": "tweet", "text": "Hello"}
    answer = door.ask("POST", path, data=fields, files={field: ("a.wav", content, "audio/wav")})

    assert_answer(answer, field, why)
    assert kept(door) == ([] if why else ["a.wav"])


def assert_answer(answer: Any, field: str, why: str | None) -> None:
    assert answer.status_code == (400 if why else 200), answer.text
    if why:
        assert (answer.json()["field"], answer.json()["code"]) == (field, "invalid_input")
        assert why in answer.json()["error"]


@pytest.mark.parametrize("case", NAMES)
def test_a_name_that_could_do_harm_is_only_a_name(door: WebDoor, case: str) -> None:
    head = b'Content-Disposition: form-data; name="imageFile"; filename="%s"\r\n' % NAMES[case]
    parts = [b'Content-Disposition: form-data; name="type"\r\n\r\ntweet', head + b"\r\n" + picture()]
    body = b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), part) for part in parts) + b"--%s--\r\n" % BOUNDARY.encode()

    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = door.ask("POST", "/x/post", content=body, headers=kind)

    assert answer.status_code == 200, answer.text
    (name,) = kept(door)
    assert name.isprintable()
    assert 0 < len(name) <= 100
    assert not set(name) & set('/\\"<>|:%')
    assert name not in {".", ".."}
    assert [each for each in Path.cwd().resolve().parents if (each / "written").exists()] == []


@pytest.mark.parametrize("name", [b"a\r\nSet-Cookie: b=c", b"x" * 100_000])
def test_a_name_that_breaks_its_line_or_has_no_end_is_refused(door: WebDoor, name: bytes) -> None:
    head = b'Content-Disposition: form-data; name="imageFile"; filename="%s"\r\n\r\n' % name
    body = b"--%s\r\n%s%s\r\n--%s--\r\n" % (BOUNDARY.encode(), head, picture(), BOUNDARY.encode())

    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = door.ask("POST", "/x/post", content=body, headers=kind)

    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert kept(door) == []
