"""The compatible operations, in the order in which the reference page shows them."""

from __future__ import annotations

from web.compatible import (
    content,
    feeds,
    files,
    posting,
    posts,
    projects,
    recurring,
    refining,
    research,
    share,
    subscriptions,
    usage,
)
from web.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *posting.OPERATIONS,
    *refining.OPERATIONS,
    *posts.OPERATIONS,
    *share.OPERATIONS,
    *recurring.OPERATIONS,
    *content.OPERATIONS,
    *usage.OPERATIONS,
    *feeds.OPERATIONS,
    *subscriptions.OPERATIONS,
    *research.OPERATIONS,
    *projects.OPERATIONS,
    *files.OPERATIONS,
)
