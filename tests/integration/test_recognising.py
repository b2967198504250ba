"""Text in pictures, read by tesseract itself."""

from __future__ import annotations

import asyncio
import io
import shutil

import pytest
from PIL import Image, ImageDraw, ImageFont

from generators.charts.lettering import FONT
from scheduler.process_pool import ProcessPool
from sources.image import examine
from sources.media import Loaded
from sources.parsing import picture
from sources.parsing.recognising import PROGRAM
from tests import media_files

SAID = ("The museum reopens", "on 14 June at 10:30")

pytestmark = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")


def written(lines: tuple[str, ...] = SAID, kind: str = "PNG", turned: int = 0) -> bytes:
    image = Image.new("RGB", (900, 400), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(FONT), 64)
    for at, line in enumerate(lines):
        draw.text((60, 60 + 120 * at), line, fill="black", font=font)
    file = io.BytesIO()
    exif = Image.Exif()
    if turned:
        image, exif[0x0112] = image.rotate(90, expand=True), 6
    image.save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_stands_in_a_picture_is_read_line_by_line(kind: str) -> None:
    facts = picture.examine(written(kind=kind), f"image/{kind.lower()}", recognise=True)

    assert facts.read is not None
    assert tuple(facts.read.splitlines()) == SAID


def test_a_picture_is_read_upright() -> None:
    facts = picture.examine(written(kind="JPEG", turned=1), "image/jpeg", recognise=True)

    assert facts.read is not None
    assert tuple(facts.read.splitlines()) == SAID


def test_nothing_is_read_where_nothing_stands() -> None:
    assert picture.examine(media_files.picture("PNG", (300, 200)), "image/png", recognise=True).read == ""


def test_it_works_within_the_limits_of_the_process_that_takes_pictures_apart() -> None:
    async def scenario() -> str | None:
        pool = ProcessPool(seconds=30)
        try:
            return (await examine(Loaded("a.png", written(), "image/png"), offload=pool, recognise=True)).read
        finally:
            pool.close()

    read = asyncio.run(scenario())

    assert read is not None
    assert tuple(read.splitlines()) == SAID
