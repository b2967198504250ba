"""The checks that the demo's exit code says: pure functions over what was read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from demo.findings import Callback, Explained, Findings, Planned
from demo.provenance import unsupported


@dataclass(frozen=True, slots=True)
class Checked:
    """One check by name, in words for the reader, with what was found wrong; empty when it holds."""

    name: str
    words: str
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.problems


def check(findings: Findings) -> tuple[Checked, ...]:
    """Make every check."""
    return tuple(Checked(name, words, tuple(problems(findings))) for name, (words, problems) in CHECKS.items())


def ended_as_planned(findings: Findings) -> Iterator[str]:
    for planned in findings.planned:
        runs = findings.runs_of(planned.name)
        wanted = "skipped" if planned.reason else "posted"
        if len(runs) != 1:
            yield f"{planned.name} has {len(runs)} runs, not 1"
        elif runs[0].run.status != wanted:
            yield f"{planned.name} is {runs[0].run.status}, not {wanted}: {runs[0].sentence}"


def exactly_the_tweets(findings: Findings) -> Iterator[str]:
    held = Counter((tweet.account, tweet.text) for tweet in findings.tweets if tweet.state == "live")
    said = Counter((post.account, post.text) for run in findings.runs for post in run.posts)
    yield from (f"not in the sandbox: {text!r}" for _, text in (said - held).elements())
    yield from (f"in the sandbox, though no run posted it: {text!r}" for _, text in (held - said).elements())
    for planned in findings.planned:
        count = sum(len(run.posts) for run in findings.runs_of(planned.name))
        if not _fits(planned, count):
            yield f"{planned.name} posted {count}"


def _fits(planned: Planned, count: int) -> bool:
    if planned.reason:
        return count == 0
    return count == 1 if planned.type == "tweet" else count > 1


def texts_as_recorded(findings: Findings) -> Iterator[str]:
    tweets = {tweet.id: tweet for tweet in findings.tweets}
    for run in findings.published:
        written = [part.text for draft in run.winners for part in draft.parts]
        if [post.text for post in run.parts] != written:
            yield f"{run.template}: the posts are not the parts of the draft that won"
        for post in run.parts:
            tweet = tweets.get(post.tweet_id or "")
            if tweet is None:
                yield f"{run.template}: part {post.part + 1} has no tweet"
            elif (tweet.text, tweet.account) != (post.text, post.account):
                yield f"{run.template}: part {post.part + 1} reads differently in the sandbox and in SQL"


def each_replies_to_the_one_before(findings: Findings) -> Iterator[str]:
    tweets = {tweet.id: tweet for tweet in findings.tweets}
    for run in findings.published:
        before = None
        for post in run.parts:
            tweet = tweets.get(post.tweet_id or "")
            if tweet is not None and tweet.reply_to != before:
                yield f"{run.template}: part {post.part + 1} replies to {tweet.reply_to}, not to {before}"
            before = post.tweet_id
    by_age = sorted(findings.tweets, key=lambda tweet: int(tweet.id))
    for run in findings.published:
        ids = [post.tweet_id for post in run.parts]
        if [tweet.id for tweet in by_age if tweet.id in ids] != [one for one in ids if one in tweets]:
            yield f"{run.template}: the parts were not posted in their order"


def everything_traced(findings: Findings) -> Iterator[str]:
    for run in findings.published:
        materials = {material.id: material for material in run.material}
        if not run.winners:
            yield f"{run.template}: no draft is recorded as the one that won"
        for draft in run.winners:
            for part in draft.parts:
                if "".join(segment.text for segment in part.segments) != part.text:
                    yield f"{run.template}: the segments do not join to the text of a part"
                yield from (f"{run.template}: {problem}" for problem in unsupported(part, materials))


def scored_by_the_api(findings: Findings) -> Iterator[str]:
    for run in findings.published:
        for draft in run.winners:
            if draft.score is None or draft.score.scored_by != "xquik" or not draft.score.checks:
                yield f"{run.template}: draft {draft.id} has no score of /compose"


def winner_has_a_reason(findings: Findings) -> Iterator[str]:
    for run in findings.published:
        if not (run.choice_reason or "").strip():
            yield f"{run.template}: no reason says why its draft won"


def every_event_told(findings: Findings) -> Iterator[str]:
    for run in findings.runs:
        genuine = {str(each.event.get("id")): each for each in findings.callbacks if _tells(each, run)}
        got = Counter(each.type for each in genuine.values())
        said = Counter(told.event for told in run.callbacks)
        expected = Counter({"run.skipped": 1} if not run.posts else {"run.succeeded": 1})
        expected["post.published"] = len(run.posts)
        for kind, count in (+(said | expected)).items():
            if got[kind] < count:
                yield f"{run.template}: {got[kind]} of {count} {kind} arrived"
        yield from (f"{run.template}: {kind} arrived, but SQL knows no such event" for kind in +(got - said))
        yield from (
            f"{run.template}: {each.event} is {each.status}" for each in run.callbacks if each.status != "delivered"
        )


def _tells(callback: Callback, run: Explained) -> bool:
    return callback.problem is None and callback.run_id == run.run.id


def every_signature_valid(findings: Findings) -> Iterator[str]:
    if not findings.callbacks:
        yield "no callback arrived"
    for callback in findings.callbacks:
        if callback.problem:
            yield f"{callback.type or 'a request'}: {callback.problem}"
        elif callback.headers.get("webhook-id") != callback.event.get("id"):
            yield f"{callback.type}: the header webhook-id is not the event's id"


def told_in_order(findings: Findings) -> Iterator[str]:
    for name in dict.fromkeys(callback.template for callback in findings.callbacks if callback.problem is None):
        of_template = [each for each in findings.callbacks if each.template == name and each.problem is None]
        sequence = list(dict.fromkeys(each.event.get("sequence") for each in of_template))
        if sequence != list(range(1, len(sequence) + 1)):
            yield f"{name}: the sequences arrived as {sequence}"


def callback_data_echoed(findings: Findings) -> Iterator[str]:
    wanted = {planned.name: planned.callback_data for planned in findings.planned}
    for callback in findings.callbacks:
        if callback.problem is None and callback.callback_data != wanted.get(callback.template):
            yield f"{callback.template}: {callback.type} brought {callback.callback_data!r}"


def silence_explained(findings: Findings) -> Iterator[str]:
    for planned in findings.planned:
        for run in findings.runs_of(planned.name):
            if planned.reason and (run.run.reason != planned.reason or not run.sentence):
                yield f"{planned.name}: the reason recorded is {run.run.reason}, not {planned.reason}"
    if not any(planned.reason for planned in findings.planned):
        yield "no template was meant to post nothing"


def nothing_planted_came_out(findings: Findings) -> Iterator[str]:
    planted = findings.planted.lower()
    if not planted:
        return
    yield from (f"in a tweet: {tweet.text!r}" for tweet in findings.tweets if planted in tweet.text.lower())
    for run in findings.runs:
        if any(planted in material.text.lower() for material in run.material):
            yield f"{run.template}: hidden text of the page is in its material"


CHECKS: dict[str, tuple[str, Callable[[Findings], Iterator[str]]]] = {
    "runs": ("each template ran once and ended as planned", ended_as_planned),
    "tweets": ("the sandbox holds the posted tweets and no others", exactly_the_tweets),
    "texts": ("each tweet reads as SQL says, and as the draft that won", texts_as_recorded),
    "thread": (
        "the parts of the thread stand in order, each a reply to the one before",
        each_replies_to_the_one_before,
    ),
    "provenance": ("every published word is a source's or one of the writer's fixed words", everything_traced),
    "scores": ("each published draft was scored by /compose", scored_by_the_api),
    "winner": ("a reason says why each draft won", winner_has_a_reason),
    "callbacks": ("a callback arrived for every event", every_event_told),
    "signatures": ("every callback's signature is valid", every_signature_valid),
    "order": ("the callbacks of each template arrived in order, none missing", told_in_order),
    "callback data": ("callbackData came back byte for byte", callback_data_echoed),
    "skipped": ("the slot that posted nothing has its reason", silence_explained),
    "hidden text": ("nothing that the page hides came out", nothing_planted_came_out),
}
