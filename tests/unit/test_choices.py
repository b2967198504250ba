from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.draft import Draft, Part
from domain.run import Run, RunStatus, Trigger
from generators.repetition import Earlier
from scheduler.choices import KEPT, Choices
from scheduler.run_posts import new_posts

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ONE = Run("one", "t", "demo", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)
TWO, ELSEWHERE = replace(ONE, id="two"), replace(ONE, id="three", account="other")
HELLO, THREAD = Draft("d0", (Part("Hello"),)), Draft("d1", (Part("First"), Part("Second")))


def add(choices: Choices, run: Run, *drafts: Draft) -> None:
    numbers = iter(f"{run.id}-{number}" for number in range(10))
    choices.add(run, drafts, new_posts(run, drafts, NOW, lambda: next(numbers)))


def test_what_others_of_the_account_chose_since_the_comparison_is_news_once() -> None:
    choices = Choices()
    choices.compares(TWO)
    add(choices, replace(ONE, account="DEMO"), HELLO, THREAD)
    add(choices, ELSEWHERE, HELLO)
    assert choices.news(TWO) == (Earlier("one-0", ("Hello",)), Earlier("one-1", ("First", "Second")))
    assert choices.news(TWO) == ()


def test_what_was_on_disk_before_the_comparison_is_no_news_and_what_was_not_yet_is() -> None:
    choices = Choices()
    add(choices, ONE, HELLO)
    choices.compares(TWO)
    assert len(choices.news(TWO)) == 1
    choices.recorded(ONE)
    later = replace(ONE, id="later")
    choices.compares(later)
    assert choices.news(later) == ()


def test_a_run_is_no_news_to_itself_and_compares_for_the_first_time_once() -> None:
    choices = Choices()
    assert (choices.compares(ONE), choices.compares(ONE)) == (True, False)
    add(choices, ONE, HELLO)
    assert choices.news(ONE) == ()
    choices.forget(ONE)
    assert choices.compares(ONE)


def test_a_choice_of_nothing_and_one_that_was_taken_back_are_no_news() -> None:
    choices = Choices()
    choices.compares(TWO)
    add(choices, ONE)
    choices.recorded(ONE)
    add(choices, ONE, HELLO)
    for _ in range(2):
        choices.take_back(ONE)
    assert choices.news(TWO) == ()


def test_only_the_newest_choices_are_kept() -> None:
    choices = Choices()
    choices.compares(TWO)
    for number in range(KEPT + 50):
        add(choices, replace(ONE, id=str(number)), HELLO)
    assert len(choices.news(TWO)) == KEPT


def test_what_every_run_at_work_has_seen_is_forgotten() -> None:
    choices = Choices()
    for number in range(5):
        done = replace(ONE, id=str(number))
        choices.compares(done)
        add(choices, done, HELLO)
        choices.recorded(done)
        choices.forget(done)
    assert choices.remembered == 0
