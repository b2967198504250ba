"""Which addresses a webhook of the compatible operations may have: those that any may."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.operations.hook_address import address_problem
from sources.addresses import Network
from web.compatible.refusal import Refusal


def refuse_address(url: str, allow: Sequence[Network]) -> None:
    """Raise Refusal unless a webhook may be at *url*."""
    if problem := address_problem(url, allow):
        raise Refusal(f"url {problem}", field="url")
