"""The parts of a template document that name sound and pictures: at a URL, or in a file that was kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.errors import FieldError, InvalidInput
from domain.template import ImageSource, SoundSource
from domain.template_document.fields import Fields
from domain.template_document.names import AUDIO_FIELDS, IMAGE_FIELDS, canonical, normalise

SOUNDS_LIMIT = 10
ALT_LIMIT = 1_000  # characters; X's own limit
NO_TRANSCRIBER = (
    "no model is set that writes down what is spoken: "
    "set OSTINATO_TRANSCRIPTION_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL; or OSTINATO_WHISPER_MODEL"
)
FILE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def refuse_unheard(document: Mapping[Any, Any], *, hears: bool) -> None:
    """Raise InvalidInput for a document with something spoken, unless this installation *hears*: has a model for it."""
    spoken = ("audio", "audio_url", "prompt_audio", "prompt_audio_url")
    named = [str(name) for name, value in document.items() if canonical(str(name)) in spoken and value]
    if named and not hears:
        raise InvalidInput([FieldError(name, NO_TRANSCRIBER) for name in named])


def read_audio(fields: Fields) -> tuple[SoundSource, ...]:
    """Give what `audio_url` and `audio` name, in order and each once; what is wrong is noted."""
    single, several = fields.raw("audio_url"), fields.raw("audio")
    found = [_sound(fields, "audio_url", single)] if single not in (None, "") else []
    if isinstance(several, (str, Mapping)) and several:
        several = [several]
    if isinstance(several, (list, tuple)) and len(several) <= SOUNDS_LIMIT:
        found += [_sound(fields, "audio", value) for value in several]
    elif several not in (None, ""):
        fields.problem("audio", f"must be a list of at most {SOUNDS_LIMIT} URLs, or tables with url or file")
    return tuple(dict.fromkeys(each for each in found if each is not None))


def read_prompt_audio(fields: Fields) -> SoundSource | None:
    """Give the hints that are spoken, or None."""
    name = _given(fields, "prompt_audio", "prompt_audio_url")
    return _sound(fields, name, fields.raw(name)) if name else None


def read_image(fields: Fields) -> ImageSource | None:
    """Give the picture, or None."""
    name = _given(fields, "image", "image_url")
    table = _table(fields, name, fields.raw(name), IMAGE_FIELDS) if name else None
    if table is None:
        return None
    before = len(fields.problems)
    url, file = _place(table)
    alt = table.text("alt", limit=ALT_LIMIT) or ""
    attach = table.boolean("attach", default=True)
    return ImageSource(url, file, " ".join(alt.split()), attach) if len(fields.problems) == before else None


def _sound(fields: Fields, name: str, value: object) -> SoundSource | None:
    table = _table(fields, name, value, AUDIO_FIELDS)
    if table is None:
        return None
    before = len(fields.problems)
    url, file = _place(table)
    return SoundSource(url, file) if len(fields.problems) == before else None


def _given(fields: Fields, *names: str) -> str | None:
    """Give which of *names*, which say the same, has a value; several are a problem."""
    given = [name for name in names if fields.raw(name) not in (None, "")]
    for name in given[1:]:
        fields.problem(name, f"cannot be used with {given[0]}; keep one of them")
    return given[0] if given else None


def _table(fields: Fields, name: str, value: object, known: frozenset[str]) -> Fields | None:
    """Give the table that *value* is; a text alone is its URL, as is all that stands under the name of a URL."""
    if isinstance(value, str) or name.endswith("_url"):
        return Fields({"url": (fields.path(name), value)}, fields.problems)
    if not isinstance(value, Mapping):
        fields.problem(name, "must be a URL, or a table with url or file")
        return None
    prefix = f"{fields.path(name)}."
    return Fields(normalise(value, known, fields.problems, prefix=prefix), fields.problems, prefix)


def _place(table: Fields) -> tuple[str | None, str | None]:
    """Give the URL, or the id of the kept file; exactly one of them is asked for."""
    if table.has("url") == table.has("file"):
        table.problem("url", "give either url or file")
        return None, None
    if table.has("url"):
        return table.url("url", table.raw("url")), None
    return None, table.matching("file", FILE_ID, "must be the id of a kept file, which `ostinato file add` gives")
