"""What a call brought, as the fields of a compatible request."""

from __future__ import annotations

from web.call import Call
from web.compatible.given import Given, Upload, from_form, from_json


async def fields_of(call: Call) -> Given:
    """Give the fields of the call's form, its files read, or those of its JSON object."""
    if call.form is None:
        return from_json(call.document)
    pairs: list[tuple[str, str | Upload]] = []
    for name, value in call.form.multi_items():
        if isinstance(value, str):
            pairs.append((name, value))
        else:
            pairs.append((name, Upload(value.filename or "", value.content_type or "", await value.read())))
    return from_form(pairs)
