"""A multipart form that is the same bytes each time: what a repeated idempotency key is bound to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """The body of a multipart request and the content type that names its boundary."""

    content: bytes
    content_type: str


def form(fields: Mapping[str, str], *, name: str, file_name: str, media_type: str, content: bytes) -> Form:
    """Give the form of *fields* and one file under *name*. *file_name* and *media_type* are plain ASCII of ours."""
    boundary = "ostinato-" + hashlib.sha256(content).hexdigest()[:32]  # no file holds its own digest
    pieces = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    body = b"".join((*pieces, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
    return Form(body, f"multipart/form-data; boundary={boundary}")
