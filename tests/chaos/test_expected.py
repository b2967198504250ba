"""What a campaign must have done before it may say that nothing was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.chaos.audit import Audit, Kind
from tests.chaos.audit.findings import Met
from tests.chaos.expected import Struck, knowable, met_as, receiver_fault, unanswered, unreconciled, unstruck
from tests.chaos.plan import SHARES, SLOW, Act, Form, form_of, schedule

FORM = form_of(10_000, 200, "sqlite", "durable")
SHORT = form_of(100, 20, "sqlite", "durable")
POSTED = {"tweet posted": 70, "thread posted": 10}
OUT = {"confirmed": 97, "unknown": 3}


def audited(runs: Mapping[str, int], parts: Mapping[str, int]) -> Audit:
    return Audit(dict.fromkeys(Kind, ()), {"runs of once": runs, "parts of once": parts}, {})


def whole(form: Form, acts: list[Act]) -> tuple[Audit, Struck]:
    """Give what a campaign in which everything happened would say of itself."""
    shares = [share for share in (*SHARES, *SLOW) if getattr(share, form.api)]
    orders = {act.do: 1 for act in acts}
    met = {met_as(each, form): Met(9, 8 if knowable(each, form) else 0, {}) for each in shares}
    sandbox = {act.fields["name"]: 9 for act in acts if act.do == "fault"} | {"token": 5}
    receiver = {receiver_fault(act.fields): 9 for act in acts if act.do == "receiver" and "kind" in act.fields}
    counts = {"orders": orders, "answers to posts": {"200": 10_000, "none": 1_000}}
    return Audit(dict.fromkeys(Kind, ()), counts, met), Struck(sandbox, receiver)


def test_a_campaign_that_posts_what_was_ordered_has_no_problem() -> None:
    assert not [*unanswered(SHORT, audited(POSTED, OUT))]
    assert not [*unanswered(SHORT, audited(POSTED, {"confirmed": 80, "unknown": 10, "neither": 10}))]


@pytest.mark.parametrize("form", [SHORT, FORM], ids=["short", "long"])
def test_a_campaign_that_posts_nothing_is_a_problem(form: Form) -> None:
    (problem,) = unanswered(form, audited({}, {}))
    assert f"of {form.publications} posts that were ordered 0 are out or unknown" in problem


def test_what_was_cancelled_or_refused_its_key_need_not_be_out_and_anything_else_must() -> None:
    few = {"confirmed": 72}
    excused = {"tweet posted": 72, "tweet skipped (cancelled)": 5, "thread failed (api_blocked)": 5}
    assert not [*unanswered(SHORT, audited(excused, few))]
    lost = {"tweet posted": 72, "tweet skipped (cancelled)": 5, "thread failed (internal_error)": 5}
    assert [*unanswered(SHORT, audited(lost, few))] == [
        "of 100 posts that were ordered 72 are out or unknown, fewer than 86"
    ]


@pytest.mark.parametrize("end", ["tweet skipped (missed)", "thread skipped (too_late)"])
def test_a_post_that_was_too_late_within_its_week_is_a_problem_even_once(end: str) -> None:
    assert [*unanswered(SHORT, audited({**POSTED, end: 1}, OUT))] == [
        f"1 times a run of a template that posts once: {end}"
    ]
    assert not [*unanswered(SHORT, audited({**POSTED, "tweet failed (too_late, tried)": 1}, OUT))]


@pytest.mark.parametrize("api", ["durable", "seed"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_campaign_in_which_all_that_was_planned_struck_has_no_problem(database: str, api: str) -> None:
    form = form_of(10_000, 200, database, api)
    acts = schedule(1, form)
    found, struck = whole(form, acts)
    assert not [*unstruck(form, acts, found, struck), *unreconciled(form, found)]


def test_each_share_must_have_struck_by_its_name_and_been_reconciled_where_that_can_be() -> None:
    acts = schedule(1, FORM)
    found, struck = whole(FORM, acts)
    never = {**struck.sandbox, "fails_later": 0, "settles_never": 0, "score": 0}
    assert [*unstruck(FORM, acts, found, replace(struck, sandbox=never))] == [
        "the fault settles_never struck no request",
        "the fault fails_later struck no request",
        "the fault score struck no request",
    ]
    met = {**found.reconciled_by_fault, "pending 2 s": Met(3, 0, {}), "cut_body": Met(9, 0, {})}
    assert [*unstruck(FORM, acts, replace(found, reconciled_by_fault=met), struck)] == [
        "not one post that met fails_later was reconciled",
        "not one post that met cut_body was reconciled",
    ]


def test_each_thing_that_was_planned_must_have_been_done() -> None:
    acts = schedule(1, FORM)
    found, struck = whole(FORM, acts)
    orders = {do: count for do, count in found.counts["orders"].items() if do not in ("stop", "disk")}
    undone = replace(found, counts={**found.counts, "orders": orders})
    silent = Struck({**struck.sandbox, "token": 0}, {**struck.receiver, "error 410": 0})
    assert [*unstruck(FORM, acts, undone, silent)] == [
        "disk was planned and never done",
        "stop was planned and never done",
        "the token that had expired met no request",
        "the receiver's fault error 410 struck no callback",
    ]


def test_of_a_short_form_and_of_a_fault_that_chance_may_leave_out_nothing_is_asked() -> None:
    nothing = Struck({}, {})
    assert not [*unstruck(SHORT, schedule(1, SHORT), audited(POSTED, OUT), nothing)]
    acts = schedule(1, FORM)
    found, struck = whole(FORM, acts)
    few = replace(found, counts={**found.counts, "answers to posts": {"200": 3_000}})
    never = {**struck.sandbox, "rate_limited": 0, "settles_never": 0}
    assert not [*unstruck(FORM, acts, few, replace(struck, sandbox=never))]


def test_a_fault_of_which_nothing_was_reconciled_proves_nothing_unless_nobody_can_know() -> None:
    met = {"drop_before": Met(9, 0, {}), "drop_after": Met(9, 0, {}), "cut_body": Met(9, 8, {}), "slow": Met(1, 0, {})}
    found = Audit(dict.fromkeys(Kind, ()), {}, met)
    said = "not one post that met {} was reconciled".format
    assert [*unreconciled(form_of(10, 1, "sqlite", "durable"), found)] == [said("drop_before"), said("drop_after")]
    assert [*unreconciled(form_of(10, 1, "sqlite", "seed"), found)] == [said("drop_after")]
