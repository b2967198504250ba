"""The owner's own text as material."""

from __future__ import annotations

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from sources.cleaning import clean


def read_text(text: str, *, material_id: str) -> Material:
    """Give the owner's *text*, cleaned, as material. Raises SourceError when nothing readable is left."""
    cleaned = clean(text)
    if not cleaned:
        raise SourceError("text", "it is empty")
    return Material(id=material_id, kind=MaterialKind.TEXT, text=cleaned)
