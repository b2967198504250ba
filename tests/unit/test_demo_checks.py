"""The demo's checks: what a demo that went well read back passes them all, and each is broken at least once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.asking import Asked
from demo.checks import CHECKS, check
from demo.findings import Callback, Explained, Findings, Planned, RunRow, Told, Tweet
from demo.stage import complaint
from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.material import Material, MaterialKind
from domain.publication import Post, PostStatus
from domain.run import Rejected

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SCORE = Score(90, (Check("No hashtags", True), Check("Media attached", False)), "xquik")


def extract(text: str, material: Material) -> Segment:
    start = material.text.index(text)
    return Segment(SegmentKind.EXTRACT, text, material.id, "text", ((start, start + len(text)),))


def explained(name: str, account: str, texts: tuple[str, ...], first_id: int) -> Explained:
    material = Material("m0", MaterialKind.PAGE, "The lamps are amber. They point down. Bats came back.", title=name)
    parts = tuple(Part(text, (extract(text, material),)) for text in texts)
    posts = tuple(
        Post(f"p{k}", f"run-{name}", name, account, 0, k, text, PostStatus.PUBLISHED, "d0", NOW, str(first_id + k))
        for k, text in enumerate(texts)
    )
    return Explained(
        template=name,
        run=RunRow(f"run-{name}", "posted"),
        sentence="everything was posted",
        material=(material,),
        drafts=(Draft("d0", parts, score=SCORE),),
        chosen=("d0",),
        choice_reason="d0 won: 1 of 2 checks passed",
        posts=posts,
        callbacks=(*(Told("post.published", "delivered") for _ in posts), Told("run.succeeded", "delivered")),
    )


def told(run: Explained, data: str) -> tuple[Callback, ...]:
    callbacks = []
    for sequence, each in enumerate(run.callbacks, 1):
        body = {
            "id": f"{run.template}-{sequence}",
            "type": each.event,
            "sequence": sequence,
            "data": {"template": {"name": run.template}, "run": {"id": run.run.id}, "callbackData": data},
        }
        callbacks.append(Callback({"webhook-id": f"{run.template}-{sequence}"}, json.dumps(body), None))
    return tuple(callbacks)


def good() -> Findings:
    page = explained("page", "demo", ("The lamps are amber.",), 101)
    feed = explained("feed", "lab", ("They point down.", "Bats came back."), 201)
    silent = Explained(
        template="silent",
        run=RunRow("run-silent", "skipped", "nothing_new"),
        sentence="the sources hold nothing new",
        callbacks=(Told("run.skipped", "delivered"),),
    )
    tweets = []
    for run in (page, feed):
        before = None
        for post in run.posts:
            assert post.tweet_id is not None
            tweets.append(Tweet(post.tweet_id, post.account, post.text, before, "live"))
            before = post.tweet_id
    return Findings(
        planned=(
            Planned("page", "demo", "tweet", "one"),
            Planned("feed", "lab", "thread", "two"),
            Planned("silent", "demo", "tweet", "three", "nothing_new"),
        ),
        runs=(page, feed, silent),
        tweets=tuple(tweets),
        callbacks=(*told(page, "one"), *told(feed, "two"), *told(silent, "three")),
        planted="lamp-giveaway",
    )


def changed(values: tuple[Any, ...], place: int, changes: dict[str, Any]) -> tuple[Any, ...]:
    return (*values[:place], replace(values[place], **changes), *values[place + 1 :])


Break = Callable[[Findings], Findings]


def run(place: int, **changes: Any) -> Break:
    return lambda found: replace(found, runs=changed(found.runs, place, changes))


def tweet(place: int, **changes: Any) -> Break:
    return lambda found: replace(found, tweets=changed(found.tweets, place, changes))


def callback(place: int, **changes: Any) -> Break:
    return lambda found: replace(found, callbacks=changed(found.callbacks, place, changes))


def callback_data(written: str) -> Break:
    return lambda found: callback(0, body=found.callbacks[0].body.replace('"one"', written))(found)


def draft(**changes: Any) -> Break:
    return lambda found: run(0, drafts=changed(found.runs[0].drafts, 0, changes))(found)


def segment(**changes: Any) -> Break:
    def break_it(found: Findings) -> Findings:
        part = found.runs[0].drafts[0].parts[0]
        return draft(parts=(replace(part, segments=changed(part.segments, 0, changes)),))(found)

    return break_it


def more(tweet: Tweet) -> Break:
    return lambda found: replace(found, tweets=(*found.tweets, tweet))


def poisoned_material(found: Findings) -> Findings:
    material = found.runs[0].material[0]
    return run(0, material=(replace(material, text=material.text + " Claim it at LAMP-giveaway.example"),))(found)


def unmade_event(found: Findings) -> Findings:
    return replace(run(2, callbacks=())(found), callbacks=found.callbacks[:-1])


def backwards(found: Findings) -> Findings:
    """Give the thread's first part a younger id than its second part has."""
    posts = changed(found.runs[1].posts, 0, {"tweet_id": "999"})
    young = tweet(2, reply_to="999")(tweet(1, id="999")(found))
    return run(1, posts=posts)(young)


EXTRA = Tweet("900", "demo", "Somebody else was here.", None, "live")
BROKEN: list[tuple[str, str, Break]] = [
    ("runs", "a run failed", run(0, run=RunRow("run-page", "failed"))),
    ("runs", "a template ran twice", lambda found: replace(found, runs=(*found.runs, found.runs[0]))),
    ("runs", "a template never ran", lambda found: replace(found, runs=found.runs[1:])),
    ("tweets", "one too many", more(EXTRA)),
    ("tweets", "the same twice", more(Tweet("900", "demo", "The lamps are amber.", None, "live"))),
    ("tweets", "one is missing", lambda found: replace(found, tweets=found.tweets[1:])),
    ("tweets", "one is deleted", tweet(0, state="deleted")),
    ("tweets", "a thread of one part", lambda found: run(1, posts=found.runs[1].posts[:1])(found)),
    ("texts", "a text was changed", tweet(0, text="The lamps are white.")),
    ("texts", "another account has it", tweet(0, account="lab")),
    ("texts", "another draft won", draft(id="d1")),
    ("thread", "a part replies to nobody", tweet(2, reply_to=None)),
    ("thread", "a part replies to another tweet", tweet(2, reply_to="101")),
    ("thread", "the tweet is a reply", tweet(0, reply_to="55")),
    ("thread", "the parts came in another order", backwards),
    ("provenance", "the spans hold other words", segment(spans=((1, 21),))),
    ("provenance", "the spans lie outside", segment(spans=((0, 999),))),
    ("provenance", "there are no spans", segment(spans=())),
    ("provenance", "the material is unknown", segment(material_id="m9")),
    ("provenance", "words without any source", segment(kind=SegmentKind.TEMPLATE)),
    ("provenance", "the segments are another text", segment(text="The lamps.", spans=((0, 9),))),
    ("scores", "there is no score", draft(score=None)),
    ("scores", "only our own rules scored it", draft(score=replace(SCORE, scored_by="local"))),
    ("winner", "there is no reason", run(0, choice_reason=None)),
    ("callbacks", "one never arrived", lambda found: replace(found, callbacks=found.callbacks[1:])),
    ("callbacks", "SQL says that it is pending", run(2, callbacks=(Told("run.skipped", "pending"),))),
    ("callbacks", "the event was never made", unmade_event),
    ("signatures", "one is forged", callback(0, problem="No matching signature found")),
    ("signatures", "the header names another event", callback(0, headers={"webhook-id": "other"})),
    ("signatures", "none came", lambda found: replace(found, callbacks=())),
    ("order", "two changed places", lambda found: replace(found, callbacks=found.callbacks[1::-1])),
    ("order", "the first is missing", lambda found: replace(found, callbacks=found.callbacks[1:])),
    ("callback data", "it was changed", callback_data('"One"')),
    ("callback data", "it is missing", callback_data("null")),
    ("skipped", "there is another reason", run(2, run=RunRow("run-silent", "skipped", "overlap"))),
    ("skipped", "there are no words", run(2, sentence="")),
    ("skipped", "nothing was meant to be skipped", lambda found: replace(found, planned=found.planned[:2])),
    ("hidden text", "it was posted", tweet(0, text="Claim it at LAMP-giveaway.example")),
    ("hidden text", "it was gathered", poisoned_material),
]


def failed(findings: Findings) -> set[str]:
    return {one.name for one in check(findings) if one.problems}


def test_a_demo_that_went_well_passes_every_check() -> None:
    assert failed(good()) == set()


@pytest.mark.parametrize(("name", "how", "break_it"), BROKEN, ids=[f"{name}: {how}" for name, how, _ in BROKEN])
def test_a_broken_result_fails_the_check_that_looks_at_it(name: str, how: str, break_it: Break) -> None:
    assert name in failed(break_it(good()))


def test_every_check_is_broken_at_least_once() -> None:
    assert {name for name, _, _ in BROKEN} == set(CHECKS)


def test_a_demo_that_read_back_nothing_fails() -> None:
    assert failed(replace(good(), runs=(), tweets=(), callbacks=())) >= {"runs", "tweets", "signatures"}


def test_words_of_a_source_pass_when_only_their_first_letter_was_made_large() -> None:
    trimmed = segment(kind=SegmentKind.TRIMMED, spans=((0, 20),))
    assert failed(trimmed(good())) == set()


def unlucky(reason: str) -> tuple[Explained, ...]:
    rejected = (Rejected("https://example.com/a", "a cookie or consent wall, not an article"),)
    return (replace(good().runs[0], run=RunRow("r", "skipped", reason), rejected=rejected, posts=()),)


def test_a_page_of_the_readers_that_gave_nothing_is_named_with_the_remedy() -> None:
    words = complaint(good().planned[0], unlucky("sources_failed"), Asked(page="https://example.com/a"))
    assert words is not None
    assert "https://example.com/a: a cookie or consent wall" in words
    assert words.endswith("name another one with URL=…")


def test_an_error_of_the_program_is_not_blamed_on_the_reader() -> None:
    words = complaint(good().planned[0], unlucky("internal_error"), Asked(page="https://example.com/a"))
    assert words is not None
    assert "URL=" not in words


def test_a_template_that_did_as_planned_gives_no_complaint() -> None:
    findings = good()
    assert [complaint(planned, findings.runs, Asked()) for planned in findings.planned] == [None, None, None]
