"""The schedule of a campaign: the same for the same seed, and with everything in it that can go wrong."""

from __future__ import annotations

import pytest

from tests.chaos.plan import FAULTED, SHARES, SLOW, Act, Form, form_of, schedule

BIG = form_of(10_000, 200, "postgresql", "durable")


def forms() -> list[Form]:
    return [form_of(10_000, 200, database, api) for database in ("sqlite", "postgresql") for api in ("durable", "seed")]


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    printed = [str(act) for act in schedule(7, BIG)]
    assert [str(act) for act in schedule(7, BIG)] == printed
    assert [str(act) for act in schedule(8, BIG)] != printed


@pytest.mark.parametrize("form", forms(), ids=lambda form: f"{form.database}-{form.api}")
def test_everything_that_can_go_wrong_does(form: Form) -> None:
    acts = schedule(1, form)
    done = {act.do for act in acts}
    owner = {"apply", "cancel", "credits", "token", "account"}
    beneath = {"lock", "disk"} if form.database == "sqlite" else {"postgresql"}
    assert done == {"fault", "receiver", "clock", "kill", "stop", "continue", "term", "start", *owner, *beneath}
    ordered = {act.fields["name"] for act in acts if act.do == "fault"}
    assert ordered >= {share.name for share in (*SHARES, *SLOW) if getattr(share, form.api)}


@pytest.mark.parametrize("form", forms(), ids=lambda form: f"{form.database}-{form.api}")
def test_a_fifth_of_the_posts_meets_a_fault(form: Form) -> None:
    left = 1.0
    for act in schedule(1, form):
        if act.do == "fault" and act.fields["name"] in {share.name for share in SHARES}:
            left *= 1 - act.fields["share"]
    assert 1 - left == pytest.approx(FAULTED, abs=1e-3)


def test_a_daemon_is_killed_every_few_seconds_and_comes_back() -> None:
    acts = schedule(1, BIG)
    gone = [act for act in acts if act.do in {"kill", "term", "stop"}]
    back = [act for act in acts if act.do in {"start", "continue"}]
    assert len(gone) == len(back)
    assert sum(act.do == "kill" and act.at < BIG.seconds for act in acts) > BIG.seconds / 10


def test_every_clock_that_is_set_wrong_is_set_right() -> None:
    assert sum(act.fields["seconds"] for act in schedule(3, BIG) if act.do == "clock") == 0


def test_all_publications_are_added_by_four_fifths_of_the_time() -> None:
    batches = [act for act in schedule(1, BIG) if act.do == "apply"]
    assert [act.fields["batch"] for act in batches] == list(range(BIG.batches))
    assert batches[-1].at <= 0.8 * BIG.seconds


def test_an_act_is_printed_with_all_that_it_is_done_with() -> None:
    assert str(Act(0.44, "kill", {"daemon": 1})) == "0.4 s kill daemon=1"
