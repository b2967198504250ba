"""A picture taken apart: its size, colours and embedded words, and a small copy that hides nothing."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from PIL import Image, ImageOps, UnidentifiedImageError

from domain.media import TOO_MANY_POINTS
from domain.picture_size import POINTS_LIMIT
from sources.offloaded import NotAPicture
from sources.parsing.picture_words import embedded_words, taken_on
from sources.parsing.recognising import recognised

LONGEST_SIDE = 1_024  # of the copy that a model sees
READ_SIDE = 2_000  # of the copy that text is looked for in
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
SHARE = 0.15  # of the points, from which on a colour is named
_NAMED = {
    "black": (15, 15, 15),
    "grey": (128, 128, 128),
    "white": (245, 245, 245),
    "red": (200, 35, 35),
    "orange": (240, 140, 30),
    "yellow": (240, 215, 50),
    "green": (50, 150, 60),
    "turquoise": (50, 180, 175),
    "blue": (35, 85, 195),
    "purple": (120, 50, 160),
    "pink": (240, 140, 185),
    "brown": (115, 72, 38),
}


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What can be told of a picture without a model.

    *words* are (where, what) of the texts that are embedded in it, *read* is the text that a program recognised in it,
    None where there was none to do so. *small* is a JPEG of at most 1,024 points a side without what was embedded.
    """

    media_type: str
    width: int
    height: int
    colours: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    taken_on: datetime | None
    small: bytes
    read: str | None = None


def examine(content: bytes, media_type: str, *, recognise: bool) -> PictureFacts:
    """Take a picture apart, its first frame where it moves; with *recognise* look for text in it too.

    Raises NotAPicture for what is truncated, damaged, larger than 40 million points or not of *media_type*.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as image:
                if image.width * image.height > POINTS_LIMIT:
                    raise NotAPicture(_TOO_LARGE)
                image.load()
                words, taken = embedded_words(image), taken_on(image)
                plain = _plain(image)
        except NotAPicture:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise NotAPicture(_TOO_LARGE) from error
        except UnidentifiedImageError as error:
            raise NotAPicture(f"it begins like {media_type} and cannot be read as such") from error
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
            raise NotAPicture("it is truncated or damaged") from error
    small = plain.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    facts = PictureFacts(media_type, plain.width, plain.height, _colours(small), words, taken, _jpeg(small))
    if recognise:
        plain.thumbnail((READ_SIDE, READ_SIDE))
        facts = replace(facts, read=recognised(_jpeg(plain)))
    return facts


_TOO_LARGE = f"it {TOO_MANY_POINTS}"


def _plain(image: Image.Image) -> Image.Image:
    """Give the picture upright, on white where it is transparent, without anything beside its points."""
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        layered = upright.convert("RGBA")
        flat = Image.new("RGB", layered.size, "white")
        flat.paste(layered, mask=layered.getchannel("A"))
        return flat
    flat = upright.convert("RGB")
    flat.info = {}
    return flat


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def _colours(image: Image.Image) -> tuple[str, ...]:
    """Give the names of the colours that most points are nearest to, the commonest first."""
    little = image.resize((48, 48))
    nearest = Counter(_name(point) for point in little.get_flattened_data() if isinstance(point, tuple))
    return tuple(name for name, count in nearest.most_common(3) if count >= SHARE * nearest.total())


def _name(point: tuple[float, ...]) -> str:
    return min(_NAMED, key=lambda name: sum((a - b) ** 2 for a, b in zip(point, _NAMED[name], strict=False)))
