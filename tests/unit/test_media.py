from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import media
from domain.errors import InvalidInput
from domain.media import AUDIO, IMAGES, clean_name, sniff, type_of
from domain.picture_size import claimed_points
from tests.media_files import picture, png_bomb, png_of, wav

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (wav(), "audio/wav"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(400), "audio/mpeg"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"fLaC\x00\x00", "audio/flac"),
        (b"\x00\x00\x00\x20ftypM4A \x00", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01\x42\x82\x84webm", "audio/webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01\x42\x82\x88matroska", None),
        (b"\x00\x00\x00\x20ftypheic\x00", None),
        (b"\xff\xf1\x50\x80", None),  # AAC without a container
        (b"\xff\xfe\x00h\x00i", None),  # UTF-16 text
        (b"<svg xmlns=", None),
        (b"%PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"MZ\x90\x00", None),
        (b"", None),
        (b"\x00\x00\x00\x00", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, media_type: str | None) -> None:
    assert sniff(content) == media_type


@given(st.binary(max_size=80))
def test_any_bytes_are_told_apart_without_an_error(content: bytes) -> None:
    assert sniff(content) in {None, *IMAGES, *AUDIO}


@pytest.mark.parametrize(
    ("content", "wanted", "said"),
    [
        (b"", IMAGES, "imageFile: is empty"),
        (b"MZ\x90\x00", IMAGES, "imageFile: is none of image/png, image/jpeg, image/gif, image/webp by its content"),
        (wav(), IMAGES, "imageFile: is audio/wav, and none of image/png"),
        (PNG + bytes(11 * 1024 * 1024), IMAGES, "imageFile: is 11 MB large; at most 10 MB are allowed"),
        (wav() + bytes(26 * 1024 * 1024), AUDIO, "imageFile: is 26 MB large; at most 25 MB are allowed"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_field(
    content: bytes, wanted: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        type_of(content, wanted=wanted, field="imageFile")
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("kind", "save"),
    [("PNG", {}), ("JPEG", {}), ("GIF", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("WEBP", {"xmp": b"<x/>"})],
)
@pytest.mark.parametrize("more", [{}, {"comment": b"c" * 700}])
def test_a_picture_claims_as_many_points_as_it_has(kind: str, save: dict[str, Any], more: dict[str, Any]) -> None:
    content = picture(kind, (301, 202), **save, **(more if kind == "JPEG" else {}))
    assert claimed_points(content, type_of(content, wanted=IMAGES, field="f")) == 301 * 202


def test_a_bomb_is_known_by_its_header() -> None:
    for content in (png_bomb(7_000), png_of(2**31 - 1, 2**31 - 1)):
        with pytest.raises(InvalidInput, match=r"^f: has more than 40 million points; make it smaller$"):
            type_of(content, wanted=IMAGES, field="f")


@given(st.binary(max_size=60), st.sampled_from(sorted(IMAGES)))
def test_any_header_is_read_without_an_error(content: bytes, media_type: str) -> None:
    assert (claimed_points(content, media_type) or 0) >= 0


def test_a_file_of_just_the_limit_is_taken() -> None:
    assert type_of(PNG.ljust(media.IMAGE_LIMIT_BYTES, b"\0"), wanted=IMAGES, field="f") == "image/png"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("chart.png", "chart.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\windows\\system32\\evil.png", "evil.png"),
        ("/", "file.png"),
        ("..", "file.png"),
        (".htaccess", "htaccess"),
        ("", "file.png"),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie_ x=1.png"),
        ('a"; filename="b.exe', "a__ filename=_b.exe"),
        ("<script>.png", "_script_.png"),
        ("photo\u202egnp.exe", "photo gnp.exe"),
        ("nul\x00byte.png", "nul byte.png"),
        ("Zürich – Übersicht.png", "Zürich – Übersicht.png"),
        ("図表.png", "図表.png"),
        ("x" * 300 + ".png", "x" * 96 + ".png"),
        ("y" * 300, "y" * 100),
    ],
)
def test_a_name_keeps_its_last_part_and_nothing_that_does_harm(name: str, cleaned: str) -> None:
    assert clean_name(name, "image/png") == cleaned


@given(st.text(max_size=200))
def test_no_name_can_be_a_path_or_break_a_line(name: str) -> None:
    cleaned = clean_name(name, "image/png")
    assert cleaned
    assert len(cleaned) <= media.NAME_LIMIT
    assert not set(cleaned) & set('/\\\r\n\0"')
    assert cleaned not in {".", ".."}
    assert cleaned.isprintable() or all(char.isprintable() or char.isspace() for char in cleaned)
