"""Pictures as JSON shows them: what a post carries, the numbers that one was drawn from, and what was sent of it."""

from __future__ import annotations

from typing import Any

from domain.picture import Attachment, Comparison, Picture, PictureKind
from scheduler.shown.schema_words import INSTANT, TEXT, Schema, list_of, object_of, one_of, or_null


def picture(shown: Picture) -> dict[str, Any]:
    return {
        "kind": shown.kind.value,
        "alt": shown.alt,
        "file": shown.blob,
        "url": shown.url,
        "numbers": numbers(shown.drawn) | {"material_id": shown.drawn.material_id} if shown.drawn is not None else None,
    }


def numbers(shown: Comparison) -> dict[str, Any]:
    """Give what a picture was drawn from, so that it can be checked. Values are text: they are exact."""
    return {
        "title": shown.title,
        "measure": shown.measure,
        "unit": shown.unit,
        "rows": [{"label": bar.label, "value": f"{bar.value:f}", "shown": bar.shown} for bar in shown.bars],
        "table": [list(row) for row in shown.table],
    }


def attachment(shown: Attachment | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    return {
        "media_id": shown.media_id,
        "media_url": shown.media_url,
        "alt": shown.alt,
        "uploaded_at": shown.uploaded_at,
    }


def numbers_schema(**more: Schema) -> Schema:
    return object_of(
        title=TEXT,
        measure=TEXT,
        unit=TEXT,
        rows=list_of(object_of(label=TEXT, value=TEXT, shown=TEXT)),
        table=list_of(list_of(TEXT)),
        **more,
    )


def picture_schema() -> Schema:
    drawn = numbers_schema(material_id=TEXT)
    return object_of(kind=one_of(PictureKind), alt=TEXT, file=or_null(TEXT), url=or_null(TEXT), numbers=or_null(drawn))


def attachment_schema() -> Schema:
    return object_of(media_id=TEXT, media_url=or_null(TEXT), alt=TEXT, uploaded_at=INSTANT)
