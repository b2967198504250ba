"""Budgets through the real runner: what fits is posted and paid, what does not is told, and nothing stays reserved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.budget import AccountBudget, Balance, Budget, Entry, EntryState, windows
from domain.event import EventType
from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import RunStatus, Verdict
from domain.schedule import Grid, Schedule
from domain.template import Approval, OnPartial, PostType, Template
from scheduler.operations import cancelling, restoring
from scheduler.operations import posts as post_operations
from scheduler.operations import runs as run_operations
from scheduler.operations import templates as template_operations
from storage import budgets
from storage.database import Database
from storage.tables import spending
from tests.integration.scheduler_house import NOW, UNCLEAR, Died, House, confirmed, draft

POST = 1500  # micros: ten credits, bought as it goes
LATER = Settlement(Outcome.DEFERRED, "answer", reason="rate_limit_exceeded", retry_at=NOW)
NEVER = Settlement(Outcome.REFUSED, "answer", reason="x_rejected")


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def books(house: House, run_id: str | None = None) -> list[Entry]:
    with house.database.read() as c:
        return budgets.of_run(c, run_id or house.run().id)


def states(house: House) -> list[str]:
    return [each.state.value for each in books(house)]


def standing(house: House, template: Template) -> dict[str, Balance]:
    """Give what each period's window has taken, as its row says; it must be what the entries say."""
    with house.database.read() as c:
        asked = windows(
            template.budget, None, run_id="-", template_id=template.id, zone="UTC", now=house.clock(), owner=LOCAL_OWNER
        )
        truth = {each.period.value: budgets.balance(c, each) for each in asked if each.period.value != "run"}
        rows = {
            row.period: Balance(row.spent_micros, row.reserved_micros)
            for row in c.execute(select(spending).where(spending.c.subject == template.id))
        }
    assert {name: rows.get(name, Balance()) for name in truth} == truth
    return truth


def begin(house: House, budget: Budget | None = None, **fields: Any) -> Template:
    template = house.template(budget=budget, **fields)
    house.plan()
    return template


def test_a_post_without_any_budget_is_one_entry_of_what_was_paid(house: House) -> None:
    begin(house)
    house.work()
    (entry,) = books(house)
    assert (entry.state, entry.amount, entry.account, entry.at) == (EntryState.SPENT, POST, "demo", NOW)


def test_a_post_within_its_budget_goes_out_and_counts_as_spent(house: House) -> None:
    template = begin(house, Budget(run=POST, day=POST, month=POST))
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert standing(house, template) == {"day": Balance(POST, 0), "month": Balance(POST, 0)}


@pytest.mark.parametrize("budget", [Budget(run=POST - 1), Budget(day=POST - 1), Budget(month=0)])
def test_a_run_over_budget_says_so_before_it_reads_or_writes_anything(house: House, budget: Budget) -> None:
    begin(house, budget)
    house.work()
    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.OVER_BUDGET)
    assert "$0.0015 is needed" in (run.detail or "")
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.events()[0].data["run"]["reason"] == "over_budget"
    assert (house.editor.calls, house.texts_sent(), books(house)) == ([], [], [])


def test_a_slot_over_budget_is_not_retried_and_the_next_day_posts_again(house: House) -> None:
    template = begin(house, Budget(day=POST), schedule=Schedule(Grid(2, NOW)))
    for _ in range(4):
        house.work()
        house.clock.advance(hours=12)
        house.plan()
    assert [each.reason for each in house.runs()][:4] == [None, Reason.OVER_BUDGET, None, Reason.OVER_BUDGET]
    assert len(house.texts_sent()) == 2
    assert template.budget is not None


def test_a_thread_is_reserved_whole_before_its_first_part(house: House) -> None:
    template = begin(house, Budget(day=3 * POST), type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two", "three"),)
    house.publisher.answers["one"] = [Died()]
    house.die_while(Died)
    assert states(house) == ["reserved"] * 3
    assert standing(house, template) == {"day": Balance(0, 3 * POST)}
    house.publisher.findings["one"] = [confirmed("1790", "timeline")]
    house.work()
    assert house.run().status is RunStatus.POSTED
    assert standing(house, template) == {"day": Balance(3 * POST, 0)}


def test_a_thread_that_does_not_fit_whole_does_not_begin(house: House) -> None:
    template = begin(house, Budget(day=3 * POST - 1), type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two", "three"),)
    house.work()
    run = house.run()
    assert (run.status, run.reason) == (RunStatus.SKIPPED, Reason.OVER_BUDGET)
    assert "the template's budget of $0.004499 for the day: $0.00 is spent and $0.00 reserved" in (run.detail or "")
    assert (house.texts_sent(), house.ledger(), books(house)) == ([], [], [])
    assert standing(house, template) == {"day": Balance()}


def test_what_was_certainly_not_sent_is_released_and_reserved_anew_by_the_next_attempt(house: House) -> None:
    template = begin(house, Budget(day=POST))
    house.publisher.answers["Hello"] = [LATER]
    house.work()
    assert (states(house), standing(house, template)) == (["released"], {"day": Balance()})
    house.work()
    assert (states(house), standing(house, template)) == (["spent"], {"day": Balance(POST, 0)})


def test_a_refused_post_costs_nothing(house: House) -> None:
    template = begin(house, Budget(day=POST))
    house.publisher.answers["Hello"] = [NEVER]
    house.work()
    assert house.run().status is RunStatus.FAILED
    assert (states(house), standing(house, template)) == (["released"], {"day": Balance()})


def test_a_thread_refused_in_the_middle_pays_for_the_parts_that_are_out(house: House) -> None:
    template = begin(house, Budget(day=3 * POST), type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two", "three"),)
    house.publisher.answers["two"] = [NEVER]
    house.work()
    assert (house.run().status, states(house)) == (RunStatus.PARTIAL, ["spent", "released", "released"])
    assert standing(house, template) == {"day": Balance(POST, 0)}


def test_a_part_deferred_in_the_middle_of_a_thread_keeps_the_rest_reserved(house: House) -> None:
    template = begin(house, Budget(day=3 * POST), type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two", "three"),)
    house.publisher.answers["two"] = [LATER]
    house.work()
    assert standing(house, template) == {"day": Balance(POST, 2 * POST)}
    house.work()
    assert (house.run().status, states(house)) == (RunStatus.POSTED, ["spent"] * 3)


def test_an_unknown_post_counts_as_spent_until_a_person_says_that_it_is_not_out(house: House) -> None:
    template = begin(house, Budget(day=POST))
    house.publisher.answers["Hello"] = [UNCLEAR]
    house.work()
    assert (states(house), standing(house, template)) == (["spent"], {"day": Balance(POST, 0)})
    assert "counts as spent until" in books(house)[0].detail
    settle(house, None)
    assert (states(house), standing(house, template)) == (["released"], {"day": Balance()})
    settle(house, "1790")
    assert (states(house), standing(house, template)) == (["spent"], {"day": Balance(POST, 0)})


def settle(house: House, tweet: str | None) -> None:
    (post,) = house.posts()
    settle_post(house, post.id, tweet)


def settle_post(house: House, post_id: str, tweet: str | None) -> None:
    post_operations.settle(house.database, post_id, tweet=tweet, note=None, now=house.clock(), new_id=house.new_id)


def test_the_credits_that_an_answer_names_are_what_was_paid(house: House) -> None:
    template = begin(house, Budget(day=POST))
    house.publisher.answers["Hello"] = [Settlement(Outcome.CONFIRMED, "answer", tweet_id="1", charged=3)]
    house.work()
    assert standing(house, template) == {"day": Balance(450, 0)}


def test_a_write_that_was_charged_and_not_done_is_paid_for(house: House) -> None:
    template = begin(house, Budget(day=2 * POST))
    house.publisher.answers["Hello"] = [Settlement(Outcome.DEFERRED, "answer", retry_at=NOW, charged=10)]
    house.work()
    assert standing(house, template) == {"day": Balance(POST, 0)}
    house.work()
    assert (house.run().status, standing(house, template)) == (RunStatus.POSTED, {"day": Balance(2 * POST, 0)})


def test_a_process_that_dies_between_reserving_and_settling_leaves_it_counted_and_the_next_one_settles_it(
    house: House,
) -> None:
    template = begin(house, Budget(day=POST))
    house.publisher.answers["Hello"] = [Died()]
    house.die_while(Died)
    assert (states(house), standing(house, template)) == (["reserved"], {"day": Balance(0, POST)})
    house.work()  # asks, and finds nothing
    assert (states(house), standing(house, template)) == (["spent"], {"day": Balance(POST, 0)})


def test_the_budget_of_an_account_is_that_of_all_its_templates(house: House) -> None:
    for name in ("t1", "t2", "t3"):
        house.template(name)
    with house.database.write() as c:
        budgets.set_account_budget(c, AccountBudget("demo", 2 * POST, None, "UTC"), now=NOW, owner=LOCAL_OWNER)
    house.plan()
    house.work()
    ended = [house.run(name).reason for name in ("t1", "t2", "t3")]
    assert sorted(map(str, ended)) == ["None", "None", "over_budget"]
    assert len(house.texts_sent()) == 2


def test_a_run_that_waits_for_approval_has_nothing_reserved_until_it_may_publish(house: House) -> None:
    template = begin(house, Budget(day=POST), approval=Approval.APPROVE)
    house.work()
    assert (house.run().status, standing(house, template)) == (RunStatus.HELD, {"day": Balance()})
    run_operations.decide(house.database, house.run().id, Verdict.REJECTED, note=None, now=house.clock())
    house.work()
    assert (house.run().reason, books(house)) == (Reason.REJECTED, [])


def test_an_approved_run_may_be_over_budget_by_then(house: House) -> None:
    template = begin(house, Budget(day=POST), approval=Approval.APPROVE)
    house.work()
    with house.database.write() as c:
        budgets.set_account_budget(c, AccountBudget("demo", 0, None, "UTC"), now=NOW, owner=LOCAL_OWNER)
    run_operations.decide(house.database, house.run().id, Verdict.APPROVED, note=None, now=house.clock())
    house.work()
    assert (house.run().reason, standing(house, template)) == (Reason.OVER_BUDGET, {"day": Balance()})
    assert "the account's budget of $0.00 for the day" in (house.run().detail or "")


def test_a_shadow_has_no_posts_to_pay_for(house: House) -> None:
    begin(house, Budget(day=0), approval=Approval.SHADOW)
    house.work()
    assert house.run().reason is Reason.SHADOW


def deferred(house: House) -> Template:
    """Give a template whose run waits to send again: the first part of a thread was certainly not sent."""
    template = begin(house, Budget(day=5 * POST))
    house.publisher.answers["Hello"] = [LATER]
    house.work()
    return template


def test_a_cancelled_run_leaves_nothing_reserved(house: House) -> None:
    template = deferred(house)
    cancelling.cancel(house.database, house.run().id, note=None, now=house.clock(), new_id=house.new_id)
    assert standing(house, template) == {"day": Balance()}


def test_deleting_a_template_keeps_its_payments(house: House) -> None:
    template = begin(house, Budget(day=5 * POST))
    house.work()
    template_operations.delete(house.database, template.name, now=house.clock(), new_id=house.new_id)
    assert (states(house), standing(house, template)) == (["spent"], {"day": Balance(POST, 0)})


def test_after_a_restore_what_waits_has_nothing_reserved_and_what_was_sent_is_counted(house: House) -> None:
    template = begin(house, Budget(day=5 * POST), type=PostType.THREAD)
    house.editor.drafts = (draft("one", "two"),)
    house.publisher.answers["one"] = [Died()]
    house.die_while(Died)
    restoring.mark(house.database, now=house.clock(), new_id=house.new_id)
    house.publisher.findings["one"] = [confirmed("1790", "timeline")]
    house.work()
    assert house.run().status is RunStatus.PARTIAL
    assert standing(house, template) == {"day": Balance(POST, 0)}


def test_parts_that_are_taken_back_are_paid_for_whatever_the_budget(house: House) -> None:
    template = begin(house, Budget(day=2 * POST), type=PostType.THREAD, on_partial=OnPartial.DELETE)
    house.editor.drafts = (draft("one", "two"),)
    house.publisher.answers["two"] = [NEVER]
    house.work()
    assert [(each.kind.value, each.state.value) for each in books(house)] == [
        ("post", "spent"),
        ("delete", "spent"),
        ("post", "released"),
    ]
    assert standing(house, template) == {"day": Balance(2 * POST, 0)}


ANSWERS: dict[str, Callable[[str], Settlement | BaseException]] = {
    "confirmed": confirmed,
    "refused": lambda _: NEVER,
    "deferred": lambda _: LATER,
    "unknown": lambda _: UNCLEAR,
    "died": lambda _: Died(),
}


@pytest.mark.parametrize("dialect", ["sqlite"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(0, 8),
    threads=st.lists(st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_whatever_happens_no_budget_is_passed_and_the_sums_are_those_of_the_entries(
    house: House, limit: int, threads: list[list[str]]
) -> None:
    account = house.new_id()
    cap = AccountBudget(account, limit * POST, None, "UTC")
    with house.database.write() as c:
        budgets.set_account_budget(c, cap, now=NOW, owner=LOCAL_OWNER)
    house.publisher.answers, names = {}, []
    for number, answers in enumerate(threads):
        names.append(house.new_id())
        parts = [f"{names[-1]} {at} of {number}" for at in range(len(answers))]
        house.editor.drafts = (draft(*parts),)
        for at, (part, answer) in enumerate(zip(parts, answers, strict=True)):
            house.publisher.answers[part] = [ANSWERS[answer](f"{names[-1][2:]}{at}")]
        house.template(names[-1], account=account, type=PostType.THREAD, next_slot_at=None)
        template_operations.run_now(house.database, names[-1], now=house.clock(), new_id=house.new_id)
        for _ in range(len(answers) + 2):
            house.die_while(Died)
            assert in_the_books(house, cap).taken <= limit * POST
    for name in names:
        for post in house.posts(name):
            if post.status is PostStatus.UNKNOWN:
                settle_post(house, post.id, None)
        house.work()
    out = sum(post.status is PostStatus.PUBLISHED for name in names for post in house.posts(name))
    assert in_the_books(house, cap) == Balance(out * POST, 0)


def in_the_books(house: House, cap: AccountBudget) -> Balance:
    """Give what the account's day has taken, as its row says; it must be what the entries say."""
    (window,) = windows(None, cap, run_id="-", template_id="-", zone="UTC", now=house.clock(), owner=LOCAL_OWNER)
    with house.database.read() as c:
        truth = budgets.balance(c, window)
        rows = list(c.execute(select(spending).where(spending.c.subject == cap.account)))
    assert [Balance(row.spent_micros, row.reserved_micros) for row in rows] in (
        [truth],
        [] if not truth.taken else [truth],
    )
    return truth
