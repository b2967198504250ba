"""What is spoken in a sound, as material."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import httpx

from domain.errors import SourceError
from domain.material import Material, MaterialKind, ReadFile
from sources.cleaning import clean

LONGEST = 100_000  # characters of a transcript: some two hours of speech


def audio_material(words: str, file: ReadFile, *, kind: MaterialKind, material_id: str, now: datetime) -> Material:
    """Give the *words* that were written down of *file* as material: strangers' text, like that of a page.

    Raises SourceError when nothing is said in it.
    """
    text = clean(words[:LONGEST])
    if not any(char.isalnum() for char in text):
        raise SourceError(file.source, "nothing is said in it that could be written down")
    material = Material(id=material_id, kind=kind, text=text, fetched_at=now, file=file)
    return replace(material, site=httpx.URL(file.source).host) if "://" in file.source else material
