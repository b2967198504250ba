from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.draft import Check, Draft, Part, Score
from domain.material import Material, MaterialKind
from domain.publication import Outcome, Publication
from domain.question import Decision, Question, revision_of
from domain.reasons import Reason
from domain.run import Facts, Rejected, Run, RunStatus, Trigger, Verdict
from domain.schedule import Grid, Schedule
from domain.template import Approval, PostType, PrePublish, Sources, Template
from scheduler.next_step import PUBLISH_WITHIN, THREAD_DEADLINE, Step, next_step

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RUN = Run("r", "t", "demo", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING, epoch=1)
TEMPLATE = Template(
    id="t",
    name="morning",
    account="demo",
    type=PostType.THREAD,
    schedule=Schedule(Grid(1, NOW)),
    sources=Sources(text="words"),
)
MATERIAL = (Material("m0", MaterialKind.TEXT, "words"),)
SCORE = Score(90, (Check("No hashtags", passed=True),), "local")


def draft(parts: int = 1, *, scored: bool = True, name: str = "d0") -> Draft:
    return Draft(name, tuple(Part(f"part {n}") for n in range(parts)), score=SCORE if scored else None)


def publication(group: int, part: int, attempt: int, outcome: Outcome | None, *, asks: int = 0) -> Publication:
    return Publication(
        id=f"p{group}{part}{attempt}",
        run_id="r",
        template_id="t",
        account="demo",
        group=group,
        part=part,
        attempt=attempt,
        idempotency_key=f"i-r-{group}-{part}-{attempt}",
        text=f"part {part}",
        reply_to=None,
        intended_at=NOW,
        outcome=outcome,
        tweet_id=f"{group}{part}" if outcome is Outcome.CONFIRMED else None,
        asks=asks,
    )


def ready(*groups: int, publications: tuple[Publication, ...] = ()) -> Facts:
    chosen = tuple(draft(parts, name=f"d{n}") for n, parts in enumerate(groups))
    return Facts(RUN, MATERIAL, (), chosen, chosen, publications=publications)


outcomes = st.sampled_from([None, *Outcome])


@st.composite
def published_somehow(draw: st.DrawFn) -> Facts:
    groups = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    publications = []
    for group, parts in enumerate(groups):
        for part in range(parts):
            last = draw(outcomes)
            deferred = draw(st.integers(0, 2))
            publications += [publication(group, part, n, Outcome.DEFERRED) for n in range(deferred)]
            if draw(st.booleans()):
                publications.append(publication(group, part, deferred, last, asks=draw(st.integers(0, 6))))
    return ready(*groups, publications=tuple(publications))


@given(published_somehow(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_part_that_may_be_out_is_never_published_again(facts: Facts, later: timedelta) -> None:
    step = next_step(facts, TEMPLATE, NOW + later)

    if step.step is Step.PUBLISH:
        of_part = [each for each in facts.publications if (each.group, each.part) == (step.group, step.part)]
        assert all(each.outcome is Outcome.DEFERRED for each in of_part)
        assert step.attempt == len(of_part)


@given(published_somehow(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_part_is_published_only_when_those_before_it_are_confirmed(facts: Facts, later: timedelta) -> None:
    step = next_step(facts, TEMPLATE, NOW + later)

    if step.step is Step.PUBLISH:
        confirmed = {each.part for each in facts.publications if each.group == step.group and each.tweet_id}
        assert set(range(step.part)) <= confirmed


@given(published_somehow(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_after_a_restore_nothing_is_published_and_every_end_has_its_reason(facts: Facts, later: timedelta) -> None:
    step = next_step(replace(facts, run=replace(RUN, reason=Reason.RESTORED)), TEMPLATE, NOW + later)

    assert step.step is not Step.PUBLISH
    if step.step is Step.DONE and not any(each.tweet_id for each in facts.publications):
        assert step.reason in {Reason.RESTORED, Reason.REFUSED}


@given(published_somehow(), st.sampled_from([None, *Verdict]), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_shadow_publishes_nothing_and_still_finds_out_what_was_sent_before_it_was_one(
    facts: Facts, verdict: Verdict | None, later: timedelta
) -> None:
    shadow = replace(TEMPLATE, approval=Approval.SHADOW)
    decided = replace(facts, run=replace(RUN, verdict=verdict))
    if all(each.outcome is Outcome.DEFERRED for each in facts.publications):
        assert next_step(decided, shadow, NOW + later).reason is Reason.SHADOW
    else:
        assert next_step(decided, shadow, NOW + later) == next_step(decided, TEMPLATE, NOW + later)


@given(published_somehow(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_run_is_done_only_when_nothing_is_unsettled(facts: Facts, later: timedelta) -> None:
    step = next_step(facts, TEMPLATE, NOW + later)

    if step.step is Step.DONE and step.status is RunStatus.POSTED:
        assert {each.outcome for each in facts.publications} <= {Outcome.CONFIRMED, Outcome.DEFERRED}
    if step.step is Step.DONE and step.status is not RunStatus.POSTED:
        assert step.reason is not None


def test_the_steps_follow_what_was_recorded() -> None:
    facts = Facts(RUN)
    assert next_step(facts, TEMPLATE, NOW).step is Step.GATHER
    facts = replace(facts, material=MATERIAL)
    assert next_step(facts, TEMPLATE, NOW).step is Step.COMPOSE
    facts = replace(facts, drafts=(draft(scored=False),))
    assert next_step(facts, TEMPLATE, NOW).step is Step.SCORE
    facts = replace(facts, drafts=(draft(),))
    assert next_step(facts, TEMPLATE, NOW).step is Step.REFINE
    facts = replace(facts, chosen=(draft(),))
    assert next_step(facts, TEMPLATE, NOW).step is Step.PUBLISH


def test_a_run_that_could_not_start_within_its_grace_is_skipped_with_that_reason() -> None:
    step = next_step(Facts(RUN), TEMPLATE, NOW + TEMPLATE.schedule.grace + timedelta(seconds=1))

    assert (step.step, step.status, step.reason) == (Step.DONE, RunStatus.SKIPPED, Reason.TOO_LATE)


def test_a_requested_run_has_no_grace() -> None:
    requested = replace(RUN, trigger=Trigger.REQUEST)

    assert next_step(Facts(requested), TEMPLATE, NOW + timedelta(days=9)).step is Step.GATHER


def test_sources_that_failed_are_told_from_sources_with_nothing_new() -> None:
    quiet = Facts(RUN, material=(), rejected=(Rejected("feed", "nothing new", failed=False),))
    broken = Facts(RUN, material=(), rejected=(*quiet.rejected, Rejected("page", "status 500")))

    assert next_step(quiet, TEMPLATE, NOW).reason is Reason.NOTHING_NEW
    assert next_step(quiet, TEMPLATE, NOW).status is RunStatus.SKIPPED
    assert next_step(broken, TEMPLATE, NOW).reason is Reason.SOURCES_FAILED
    assert next_step(broken, TEMPLATE, NOW).status is RunStatus.FAILED


def test_a_template_with_approval_holds_until_a_person_decides() -> None:
    template = replace(TEMPLATE, approval=Approval.APPROVE)
    facts = ready(1)

    assert next_step(facts, template, NOW).step is Step.HOLD
    approved = replace(facts, run=replace(RUN, verdict=Verdict.APPROVED))
    assert next_step(approved, template, NOW).step is Step.PUBLISH
    rejected = replace(facts, run=replace(RUN, verdict=Verdict.REJECTED))
    assert next_step(rejected, template, NOW).reason is Reason.REJECTED


@given(outcomes)
def test_a_person_is_asked_about_a_post_that_certainly_did_not_go_out_once_the_template_wants_it(
    outcome: Outcome | None,
) -> None:
    tried = ready(1, publications=(publication(0, 0, 0, outcome),))
    step = next_step(tried, replace(TEMPLATE, approval=Approval.APPROVE), NOW).step
    assert (step is Step.HOLD) == (outcome is Outcome.DEFERRED)


def test_an_unknown_part_is_asked_about_at_once_and_then_when_the_next_question_is_due() -> None:
    crashed = ready(1, publications=(publication(0, 0, 0, None),))
    asked = replace(publication(0, 0, 0, Outcome.UNKNOWN, asks=1), next_ask_at=NOW + timedelta(seconds=15))

    assert next_step(crashed, TEMPLATE, NOW).step is Step.CONFIRM
    assert next_step(ready(1, publications=(asked,)), TEMPLATE, NOW).step is Step.WAIT
    assert next_step(ready(1, publications=(asked,)), TEMPLATE, NOW + timedelta(seconds=15)).step is Step.CONFIRM
    given_up = replace(asked, asks=5, next_ask_at=None)
    assert next_step(ready(1, publications=(given_up,)), TEMPLATE, NOW + timedelta(days=9)).step is Step.WAIT


def test_a_refused_part_ends_its_thread_and_the_next_group_goes_on() -> None:
    facts = ready(2, 1, publications=(publication(0, 0, 0, Outcome.CONFIRMED), publication(0, 1, 0, Outcome.REFUSED)))

    step = next_step(facts, TEMPLATE, NOW)
    assert (step.step, step.group, step.part) == (Step.PUBLISH, 1, 0)
    done = ready(2, 1, publications=(*facts.publications, publication(1, 0, 0, Outcome.CONFIRMED)))
    assert next_step(done, TEMPLATE, NOW).status is RunStatus.PARTIAL


def test_a_started_thread_that_passed_its_deadline_stays_in_part() -> None:
    facts = ready(2, publications=(publication(0, 0, 0, Outcome.CONFIRMED),))

    assert next_step(facts, TEMPLATE, NOW + THREAD_DEADLINE).step is Step.PUBLISH
    late = next_step(facts, TEMPLATE, NOW + THREAD_DEADLINE + timedelta(seconds=1))
    assert (late.step, late.status, late.reason) == (Step.DONE, RunStatus.PARTIAL, Reason.THREAD_PARTIAL)


def test_a_post_that_certainly_did_not_go_out_is_given_up_after_a_day() -> None:
    facts = ready(1, publications=(publication(0, 0, 0, Outcome.DEFERRED),))

    assert next_step(facts, TEMPLATE, NOW + PUBLISH_WITHIN).attempt == 1
    late = next_step(facts, TEMPLATE, NOW + PUBLISH_WITHIN + timedelta(seconds=1))
    assert (late.status, late.reason) == (RunStatus.FAILED, Reason.TOO_LATE)


def test_a_refusal_keeps_its_reason_when_it_is_one_of_ours() -> None:
    refused = replace(publication(0, 0, 0, Outcome.REFUSED), reason="duplicate")

    assert next_step(ready(1, publications=(refused,)), TEMPLATE, NOW).reason is Reason.DUPLICATE
    other = replace(refused, reason="x_content_too_long")
    assert next_step(ready(1, publications=(other,)), TEMPLATE, NOW).reason is Reason.REFUSED


ASKED = replace(TEMPLATE, pre_publish=PrePublish("https://desk.example.com"))
QUESTION = Question("q", "r", NOW, NOW + timedelta(seconds=30))


@given(st.sampled_from(Approval), st.sampled_from([None, QUESTION]))
def test_nothing_is_published_and_nobody_else_asked_before_the_callback_has_decided(
    approval: Approval, question: Question | None
) -> None:
    facts = replace(ready(1), question=question)
    assert next_step(facts, replace(ASKED, approval=approval), NOW).step is Step.ASK


@given(st.sampled_from(Approval), st.sampled_from(Decision))
def test_what_the_callback_decided_is_done_whatever_the_template_says_by_then(
    approval: Approval, decision: Decision
) -> None:
    facts = replace(ready(1), question=replace(QUESTION, decision=decision))
    found = {next_step(facts, replace(each, approval=approval), NOW) for each in (TEMPLATE, ASKED)}
    (step,) = found
    if decision in {Decision.VETO, Decision.DROP}:
        reason = Reason.VETOED if decision is Decision.VETO else Reason.PRE_PUBLISH_EXPIRED
        assert (step.step, step.status, step.reason) == (Step.DONE, RunStatus.SKIPPED, reason)
    else:
        goes_on = {Approval.AUTO: Step.PUBLISH, Approval.APPROVE: Step.HOLD, Approval.SHADOW: Step.DONE}
        assert step.step is goes_on[approval]


@given(st.sampled_from([Decision.VETO, Decision.DROP, None]), outcomes)
def test_a_part_that_is_out_or_may_be_is_not_asked_about_any_more(
    decision: Decision | None, outcome: Outcome | None
) -> None:
    sent = ready(2, publications=(publication(0, 0, 0, outcome),))
    step = next_step(replace(sent, question=replace(QUESTION, decision=decision)), ASKED, NOW)
    assert step.step is not Step.ASK
    if outcome is not Outcome.DEFERRED:
        assert step.reason not in {Reason.VETOED, Reason.PRE_PUBLISH_EXPIRED}


def test_an_approval_counts_for_the_revision_that_it_names_and_for_no_other() -> None:
    facts, asks = ready(1), replace(TEMPLATE, approval=Approval.APPROVE)

    def approved(revision: str | None) -> Facts:
        return replace(facts, run=replace(RUN, verdict=Verdict.APPROVED, approved_revision=revision))

    named = revision_of(facts.chosen or ())
    assert next_step(approved(named), asks, NOW).step is Step.PUBLISH
    assert next_step(approved(None), asks, NOW).step is Step.PUBLISH  # a verdict of version 0.1 names none
    assert next_step(approved("another"), asks, NOW).step is Step.HOLD


def test_what_a_person_approved_is_not_asked_about() -> None:
    run = replace(RUN, verdict=Verdict.APPROVED)
    assert next_step(replace(ready(1), run=run), replace(ASKED, approval=Approval.APPROVE), NOW).step is Step.PUBLISH


def test_a_revision_changes_with_any_word_and_with_where_it_stands() -> None:
    two = Draft("d0", (Part("a"), Part("bc")))
    others = [
        (Draft("d0", (Part("ab"), Part("c"))),),
        (Draft("d0", (Part("abc"),)),),
        (Draft("d1", two.parts),),
        (Draft("d0", (Part("a"),)), Draft("d0", (Part("bc"),))),
        (),
    ]
    assert len({revision_of((two,)), *map(revision_of, others)}) == 6
    assert revision_of((two,)) == revision_of((replace(two, rank=3.0),))
