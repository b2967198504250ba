"""What keeps a language model from answering."""

from __future__ import annotations

from domain.errors import OstinatoError


class ModelError(OstinatoError):
    """The language model did not answer usably: the embedded writer answers instead. The message says why.

    *rest* is the number of seconds for which the server asked to be left alone, where it did.
    """

    def __init__(self, why: str, *, rest: float | None = None) -> None:
        super().__init__(why)
        self.rest = rest
