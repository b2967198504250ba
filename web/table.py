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
    json_schemas,
    pausing,
    planning,
    posts,
    projects,
    recurring_research,
    research,
    runs,
    samples,
    scoring,
    settling,
    slots,
    standing,
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
    *runs.OPERATIONS,
    *deciding.OPERATIONS,
    *posts.OPERATIONS,
    *settling.OPERATIONS,
    *samples.OPERATIONS,
    *events.OPERATIONS,
    *event_stream.OPERATIONS,
    *planning.OPERATIONS,
    *uploads.OPERATIONS,
    *scoring.OPERATIONS,
    *standing.OPERATIONS,
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
    *json_schemas.OPERATIONS,
)
OPERATIONS: tuple[Operation, ...] = (*_ASKED, *reference.operations(_ASKED))
