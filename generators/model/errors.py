"""What keeps a language model from answering."""

from __future__ import annotations

from domain.errors import OstinatoError


class ModelError(OstinatoError):
    """The language model did not answer usably: the embedded writer answers instead. The message says why."""
