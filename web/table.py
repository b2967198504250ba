"""All operations of the HTTP door, in the order in which the reference page shows them."""

from __future__ import annotations

from web import reference
from web.compatible import table as compatible
from web.operation import Operation
from web.own import (
    accounts,
    budgets,
    calendars,
    deciding,
    deliveries,
    event_stream,
    events,
    feeds,
    health,
    pausing,
    planning,
    posts,
    projects,
    recurring_research,
    research,
    runs,
    samples,
    settling,
    slots,
    styles,
    templates,
    tokens,
    uploads,
    webhooks,
)

_ASKED: tuple[Operation, ...] = (
    *templates.OPERATIONS,
    *pausing.OPERATIONS,
    *slots.OPERATIONS,
    *posts.OPERATIONS,
    *settling.OPERATIONS,
    *samples.OPERATIONS,
    *runs.OPERATIONS,
    *deciding.OPERATIONS,
    *events.OPERATIONS,
    *event_stream.OPERATIONS,
    *planning.OPERATIONS,
    *uploads.OPERATIONS,
    *webhooks.OPERATIONS,
    *deliveries.OPERATIONS,
    *feeds.OPERATIONS,
    *styles.OPERATIONS,
    *calendars.OPERATIONS,
    *accounts.OPERATIONS,
    *budgets.OPERATIONS,
    *research.OPERATIONS,
    *recurring_research.OPERATIONS,
    *projects.OPERATIONS,
    *compatible.OPERATIONS,
    *tokens.OPERATIONS,
    *health.OPERATIONS,
)
OPERATIONS: tuple[Operation, ...] = (*_ASKED, *reference.operations(_ASKED))
