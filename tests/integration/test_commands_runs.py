from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from domain.draft import Check, Draft, Part, Score, Segment, SegmentKind
from domain.errors import InvalidInput
from domain.event import EventType, NewEvent
from domain.material import Material, MaterialKind
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import Hold, Rejected, RunStatus, Verdict
from scheduler.operations.prefixes import whole_id
from storage import events, publications, runs, webhooks
from storage.database import Database
from storage.statements import Write
from storage.tables import webhooks as webhooks_table
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW, held_run, post, publication, webhook, written

SAID = "Rust 1.80 is out today. It was late."
MATERIAL = Material("m0", MaterialKind.PAGE, SAID, title="Rust", url="https://example.com/rust", site="Example")
GOOD = Score(91, (Check("No hashtags", True), Check("Media attached", False, "Attach a photo")), "xquik")
POOR = Score(45, (Check("No hashtags", False, "Remove the hashtags"),), "local")


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    command_line = CommandLine(tmp_path / "home")
    command_line("template", "list")
    return command_line


def drafts(parts: int) -> tuple[Draft, ...]:
    said = (
        Segment(SegmentKind.TEMPLATE, "Hello "),
        Segment(SegmentKind.TRIMMED, "Rust is out", "m0", "text", ((0, 5), (10, 16))),
    )
    thread = Draft(
        "d0",
        tuple(Part(f"Hello {part}", said) for part in range(parts)),
        score=GOOD,
        material_ids=("m0",),
        unmet_hints=("in Latin",),
        refined_from="d1",
        refinements=("the hashtag is gone",),
    )
    return (thread, Draft("d1", (Part("#worse"),), score=POOR))


def chosen_run(database: Database, parts: int = 1) -> Hold:
    """Record a run up to its choice."""
    hold = held_run(database)
    posts = [post(hold, part) for part in range(parts)]
    gathered = runs.record_gather(
        hold, [MATERIAL], [Rejected("https://example.com/gone", "status 404")], item_ids=[], template_id="t1", now=NOW
    )
    write(
        database,
        gathered,
        runs.record_drafts(hold, drafts(parts), now=NOW),
        runs.record_choice(hold, drafts(parts), ["d0"], "the highest score", posts, now=NOW),
    )
    return hold


def write(database: Database, *writes: Write) -> None:
    asyncio.run(written(database, *writes))


def unknown_run(database: Database, *, parts: int = 1) -> Hold:
    """Record a run whose first part may be out or not, waiting for a person."""
    hold = chosen_run(database, parts)
    first = publication(hold)
    lost = Settlement(Outcome.UNKNOWN, "answer", reason="timeout")
    write(
        database,
        publications.intend(hold, first),
        publications.settle(hold, first.id, lost, group=0, part=0, now=NOW, post_status=PostStatus.UNKNOWN),
        runs.release(hold, not_before=None, now=NOW, status=RunStatus.UNKNOWN),
    )
    return hold


def test_why_tells_the_sources_the_drafts_their_scores_and_why_one_won(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    why = ostinato.json("run", "why", hold.run_id)

    assert (why["status"], why["template"]) == ("unknown", "name of t1")
    assert "post settle" in why["sentence"]
    assert [each["url"] for each in why["material"]] == ["https://example.com/rust"]
    assert why["rejected"] == [{"reference": "https://example.com/gone", "reason": "status 404"}]
    assert [(each["id"], each["chosen"], each["score"]["value"]) for each in why["drafts"]] == [
        ("d0", True, 91),
        ("d1", False, 45),
    ]
    assert why["choice_reason"] == "the highest score"
    assert [(each["outcome"], each["reason"]) for each in why["publications"]] == [("unknown", "timeout")]
    output = ostinato("run", "why", hold.run_id).output
    for said in ("https://example.com/gone: status 404", "the highest score", "Media attached", "Hello 0", hold.run_id):
        assert said in output


def test_why_tells_where_each_word_of_the_chosen_draft_comes_from(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)

    why = ostinato.json("run", "why", hold.run_id)

    (material,) = why["material"]
    assert (material["text"], material["site"], material["characters"]) == (SAID, "Example", len(SAID))
    chosen, other = why["drafts"]
    assert (chosen["unmet_hints"], chosen["refinements"]) == (["in Latin"], ["the hashtag is gone"])
    (part,) = chosen["parts"]
    assert part["text"] == "Hello 0"
    assert part["segments"][1] == {
        "kind": "trimmed",
        "text": "Rust is out",
        "material_id": "m0",
        "field": "text",
        "spans": [[0, 5], [10, 16]],
    }
    assert other["parts"] == [{"text": "#worse", "segments": []}]
    output = ostinato("run", "why", hold.run_id).output
    for said in (
        "Where each word of d0 comes from",
        "fixed words",
        "m0.text",
        "0-5, 10-16",
        "[Rust ]1.80 [is out] today. It was late.",
        "not followed of the prompt: in Latin",
        "refined from d1: the hashtag is gone",
    ):
        assert said in output
    assert "Where each word of d1" not in output


def test_the_parts_of_a_thread_are_traced_by_their_number(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database, parts=2)

    traced = ostinato("run", "why", hold.run_id).output.partition("Where each word of d0")[2]

    assert [line.split()[0] for line in traced.splitlines() if "m0.text" in line] == ["1", "2"]


def test_a_post_tells_where_its_words_come_from(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        chosen_run(database)
    (listed,) = ostinato.json("post", "list")["posts"]

    own, traced = ostinato.json("post", "show", listed["id"])["segments"]

    assert (own["kind"], own["material_id"], own["excerpt"]) == ("template", None, None)
    assert (traced["title"], traced["url"]) == ("Rust", "https://example.com/rust")
    assert traced["excerpt"] == "[Rust ]1.80 [is out] today. It was late."
    output = ostinato("post", "show", listed["id"]).output
    assert traced["excerpt"] in output
    assert "m0: Rust https://example.com/rust" in output


def test_why_tells_who_was_told(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        with database.write() as connection:
            webhooks.upsert(connection, webhook(), Plain())
        template_event = _event(hold)
        finished = runs.finish(
            hold,
            status=RunStatus.SKIPPED,
            reason=Reason.SCORE_TOO_LOW,
            detail="91 of 95",
            events=[template_event],
            items="spent",
            now=NOW,
        )
        write(database, finished)

    why = ostinato.json("run", "why", hold.run_id)

    assert why["sentence"] == "no draft reached the template's minimum score: 91 of 95"
    assert [(each["event"], each["webhook_id"], each["status"]) for each in why["callbacks"]] == [
        ("run.skipped", "w1", "pending")
    ]


class Plain:
    def encrypt(self, text: str) -> str:
        return text

    def decrypt(self, token: str) -> str:
        return token

    def seal(self, text: str) -> str:
        return text


def _event(hold: Hold) -> NewEvent:
    return NewEvent("e-1", EventType.RUN_SKIPPED, NOW, {}, template_id="t1", run_id=hold.run_id)


def test_a_slot_is_found_by_its_second(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)

    # The slot has microseconds, which people do not type.
    assert NOW.microsecond
    assert ostinato.json("run", "why", "t1", "--at", f"{NOW:%Y-%m-%dT%H:%M:%S}Z")["id"] == hold.run_id
    later = NOW + timedelta(seconds=1)
    nothing = ostinato.json("run", "why", "t1", "--at", f"{later:%Y-%m-%dT%H:%M:%S}Z")
    assert (nothing["kind"], nothing["before"]["run_id"]) == ("nothing", hold.run_id)


def test_runs_are_listed_by_template_and_state(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    assert [each["id"] for each in ostinato.json("run", "list", "--status", "unknown")["runs"]] == [hold.run_id]
    assert ostinato.json("run", "list", "--template", "t1", "--status", "posted") == {"runs": []}
    assert hold.run_id in ostinato("run", "list").output
    assert [each["text"] for each in ostinato.json("run", "show", hold.run_id)["posts"]] == ["Hello 0"]


@pytest.mark.parametrize(("verb", "verdict"), [("approve", Verdict.APPROVED), ("reject", Verdict.REJECTED)])
def test_a_held_run_waits_for_a_verdict_and_takes_one(ostinato: CommandLine, verb: str, verdict: Verdict) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        write(database, runs.record_held(hold, [], now=NOW))

    decided = ostinato.json("run", verb, hold.run_id, "--note", "fine")

    assert (decided["status"], decided["verdict"]) == ("queued", verdict.value)
    assert "only a held run" in ostinato("run", verb, hold.run_id, code=5).stderr


def test_an_unknown_post_is_settled_as_out_by_a_person_and_its_run_goes_on(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database, parts=2)
    (unknown,) = ostinato.json("post", "list", "--status", "unknown")["posts"]

    url = "https://x.com/acme/status/1790000000000000001?s=20"
    settled = ostinato.json("post", "settle", unknown["id"], "--posted", url, "--note", "I saw it")

    assert (settled["status"], settled["tweet_id"]) == ("published", "1790000000000000001")
    assert [(each["outcome"], each["settled_by"]) for each in settled["publications"]] == [("confirmed", "person")]
    with ostinato.database() as database, database.read() as connection:
        facts = runs.facts(connection, hold.run_id)
        (told,) = events.list_events(connection, types=[EventType.POST_SETTLED])
    assert facts.run.status is RunStatus.QUEUED
    assert told.data["settled"] == {"outcome": "confirmed", "by": "person", "note": "I saw it"}
    assert [(each["tweetId"], each["status"]) for each in told.data["posts"]] == [("1790000000000000001", "published")]
    assert told.run_id == hold.run_id


def test_an_unknown_post_is_settled_as_not_out_by_a_person(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    settled = ostinato.json("post", "settle", f"{hold.run_id}-0-0", "--not-posted", "--note", "looked")

    assert (settled["status"], settled["tweet_id"], settled["error"]) == ("failed", None, "looked")
    (attempt,) = settled["publications"]
    assert (attempt["outcome"], attempt["reason"]) == ("refused", "not_posted")


def test_a_post_cannot_be_settled_while_a_worker_may_be_sending_it(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        write(database, publications.intend(hold, publication(hold)))

    error = ostinato.refused("post", "settle", f"{hold.run_id}-0-0", "--not-posted", code=5)

    assert "is working" in error["message"]
    with ostinato.database() as database, database.read() as connection:
        assert publications.get(connection, f"{hold.run_id}-0-0").outcome is None


def test_a_tweet_settles_one_post_only(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database, parts=2)
    ostinato("post", "settle", f"{hold.run_id}-0-0", "--posted", "1790000000000000001")
    with ostinato.database() as database:
        with database.write() as connection:
            (facts,) = runs.claim(
                connection, owner="me", now=NOW + timedelta(days=365), lease=timedelta(hours=1), limit=1
            )
        again = Hold(facts.run.id, "me", facts.run.epoch)
        second = publication(again, 1)
        lost = Settlement(Outcome.UNKNOWN, "answer")
        write(
            database,
            publications.intend(again, second),
            publications.settle(again, second.id, lost, group=0, part=1, now=NOW, post_status=PostStatus.UNKNOWN),
            runs.release(again, not_before=None, now=NOW, status=RunStatus.UNKNOWN),
        )

    error = ostinato.refused("post", "settle", second.id, "--posted", "1790000000000000001", code=5)

    assert "another post has this tweet id" in error["message"]


@pytest.mark.parametrize(
    "words", [(), ("--posted", "1", "--not-posted"), ("--posted", "not a tweet"), ("--posted", "https://example.com/1")]
)
def test_settling_needs_one_clear_answer(ostinato: CommandLine, words: tuple[str, ...]) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    ostinato("post", "settle", f"{hold.run_id}-0-0", *words, code=2)


def test_a_post_is_shown_with_every_attempt(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)
    (listed,) = ostinato.json("post", "list", "--template", "t1")["posts"]

    shown = ostinato.json("post", "show", listed["id"])

    assert [each["id"] for each in shown["publications"]] == [f"{hold.run_id}-0-0"]
    assert "unknown" in ostinato("post", "show", listed["id"]).output
    assert ostinato.refused("post", "show", "nope", code=4)["code"] == "not_found"


def test_deleting_a_template_cancels_what_was_not_sent_and_never_forgets_what_may_be_out(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        unknown = unknown_run(database)

    ostinato("template", "delete", "t1")

    assert ostinato.json("run", "show", unknown.run_id)["status"] == "unknown"
    assert [each["status"] for each in ostinato.json("post", "list")["posts"]] == ["unknown"]


def test_a_held_run_of_a_deleted_template_is_cancelled_with_its_posts(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        write(database, runs.record_held(hold, [], now=NOW))

    ostinato("template", "delete", "t1")

    shown = ostinato.json("run", "show", hold.run_id)
    assert (shown["status"], shown["reason"]) == ("skipped", "cancelled")
    assert [each["status"] for each in shown["posts"]] == ["discarded"]


def test_a_run_is_cancelled_before_it_publishes(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)

    tried = ostinato.json("run", "cancel", hold.run_id, "--dry-run")
    assert (tried["answer"], tried["dry_run"]) == ("cancelled", True)
    assert ostinato.json("run", "show", hold.run_id)["status"] == "working"

    done = ostinato.json("run", "cancel", hold.run_id, "--note", "old news")
    assert (done["answer"], done["status"], done["reason"], done["detail"]) == (
        "cancelled",
        "skipped",
        "cancelled",
        "old news",
    )


def test_a_run_that_is_cancelled_without_a_note_says_so_once(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)

    ostinato("run", "cancel", hold.run_id)

    assert ostinato("run", "why", hold.run_id).stdout.splitlines()[1] == "a person cancelled the run"


def test_it_is_too_late_to_cancel_a_run_that_may_have_posted(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    found = ostinato.json("run", "cancel", hold.run_id, code=5)
    assert (found["answer"], found["publication"]["outcome"]) == ("too_late", "unknown")
    assert "too late" in ostinato("run", "cancel", hold.run_id, code=5).output
    assert ostinato.json("run", "show", hold.run_id)["status"] == "unknown"


def test_a_held_run_is_approved_in_ones_own_words(ostinato: CommandLine, tmp_path: Path) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database, 2)
        write(database, runs.record_held(hold, [], now=NOW))
    (tmp_path / "second.txt").write_text("From a file.\n")

    assert "twice" in ostinato("run", "approve", hold.run_id, "--edit", "1", "a", "--edit", "1", "b", code=2).stderr
    done = ostinato.json(
        "run", "approve", hold.run_id, "--edit", "1", "Mine.", "--edit-file", "2", str(tmp_path / "second.txt")
    )

    assert (done["verdict"], [each["text"] for each in done["posts"]]) == ("approved", ["Mine.", "From a file."])
    assert {each["draft_id"] for each in done["posts"]} == {"d2"}


def in_doubt_run(database: Database) -> Hold:
    """Record a run that is queued again and whose post may be out or not."""
    hold = chosen_run(database)
    lost = Settlement(Outcome.UNKNOWN, "answer", reason="timeout")
    first = publication(hold)
    write(
        database,
        publications.intend(hold, first),
        publications.settle(hold, first.id, lost, group=0, part=0, now=NOW, post_status=PostStatus.UNKNOWN),
        runs.release(hold, not_before=NOW + timedelta(days=3650), now=NOW),
    )
    return hold


def test_a_run_whose_post_is_asked_about_is_shown_as_unknown_not_as_queued(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = in_doubt_run(database)

    assert "1 unknown outcome being asked about" in ostinato("status", code=1).output
    assert ostinato.json("status", code=1)["unknown_outcomes"] == 1
    (listed,) = ostinato.json("run", "list", "--status", "unknown")["runs"]
    assert (listed["id"], listed["status"], listed["unknown_outcome"]) == (hold.run_id, "queued", True)
    for words in (("run", "list"), ("run", "show", hold.run_id), ("run", "why", hold.run_id)):
        assert "unknown (asking)" in ostinato(*words).output


def test_settling_a_post_that_is_asked_about_lets_its_run_go_on_at_once(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = in_doubt_run(database)

    ostinato("post", "settle", f"{hold.run_id}-0-0", "--posted", "1790000000000000001")

    with ostinato.database() as database, database.read() as connection:
        run = runs.get(connection, hold.run_id)
    assert run.status is RunStatus.QUEUED
    assert run.not_before is not None
    assert run.not_before < NOW + timedelta(days=3000)


def test_a_short_tweet_id_settles_a_post_only_by_force(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)

    error = ostinato.refused("post", "settle", f"{hold.run_id}-0-0", "--posted", "1", code=2)

    assert "too short for a tweet's id" in error["message"]
    settled = ostinato.json("post", "settle", f"{hold.run_id}-0-0", "--posted", "1", "--force")
    assert settled["tweet_id"] == "1"


def test_what_a_person_settled_can_be_corrected(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = unknown_run(database)
    ostinato("post", "settle", f"{hold.run_id}-0-0", "--posted", "1790000000000000001")

    corrected = ostinato.json("post", "settle", f"{hold.run_id}-0-0", "--posted", "1790000000000000002")
    assert (corrected["status"], corrected["tweet_id"]) == ("published", "1790000000000000002")

    corrected = ostinato.json("post", "settle", f"{hold.run_id}-0-0", "--not-posted")
    assert (corrected["status"], corrected["tweet_id"]) == ("failed", None)


def test_what_the_answer_settled_cannot_be_corrected(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        first = publication(hold)
        out = Settlement(Outcome.CONFIRMED, "answer", tweet_id="1790000000000000001")
        write(
            database,
            publications.intend(hold, first),
            publications.settle(hold, first.id, out, group=0, part=0, now=NOW, post_status=PostStatus.PUBLISHED),
        )

    assert "nothing about it is unknown" in ostinato("post", "settle", first.id, "--not-posted", code=5).stderr


def test_posts_of_a_run_that_is_not_there_are_not_found(ostinato: CommandLine) -> None:
    assert ostinato.refused("post", "list", "--run", "nope", code=4)["code"] == "not_found"


def test_the_beginning_of_an_id_is_enough(ostinato: CommandLine) -> None:
    with ostinato.database() as database, database.write() as connection:
        ids = ["aaaaaa-1", "aaaaaa-2", "bbbbbb-1"]
        for each in ids:
            webhooks.upsert(connection, replace(webhook(), id=each), Plain())
        column = webhooks_table.c.id
        assert whole_id(connection, column, "bbbbbb") == "bbbbbb-1"
        assert whole_id(connection, column, "bbbbb") == "bbbbb"
        assert whole_id(connection, column, "cccccc") == "cccccc"
        assert whole_id(connection, column, "aaaaaa-1") == "aaaaaa-1"
        with pytest.raises(InvalidInput, match="begins several ids, aaaaaa-1 and aaaaaa-2"):
            whole_id(connection, column, "aaaaaa")


def test_a_slot_is_found_by_what_the_program_prints_by_its_minute_its_day_and_as_the_newest(
    ostinato: CommandLine,
) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)

    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    for at in (
        f"{NOW:%Y-%m-%d %H:%M:%S} UTC",
        f"{NOW:%a %Y-%m-%d %H:%M:%S} UTC",
        f"{NOW:%Y-%m-%d %H:%M}",
        f"{berlin:%Y-%m-%dT%H:%M:%S}+01:00",
    ):
        assert ostinato.json("run", "why", "t1", "--at", at)["id"] == hold.run_id
    first, *later = ostinato.json("run", "why", "t1", "--at", f"{NOW:%Y-%m-%d}")["slots"]
    assert (first["id"], {each["kind"] for each in later}) == (hold.run_id, {"slot"})
    assert ostinato.json("run", "why", "t1")["id"] == hold.run_id
    assert ostinato.json("run", "why", hold.run_id[:-1] if len(hold.run_id) > 6 else hold.run_id)["id"] == hold.run_id
    assert "is no time" in ostinato.refused("run", "why", "t1", "--at", "soon", code=2)["message"]
    assert ostinato.refused("run", "why", "nobody", code=4)["code"] == "not_found"


def test_a_verdict_says_what_will_happen(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        write(database, runs.record_held(hold, [], now=NOW))
    (waiting,) = ostinato.json("post", "list")["posts"]
    assert waiting["status"] == "awaiting_approval"

    said = ostinato("run", "reject", hold.run_id).output

    assert "nothing of it is posted" in said
    assert "start `ostinato daemon`" in said


def test_pausing_cancels_the_runs_that_wait_and_says_so(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = chosen_run(database)
        write(database, runs.release(hold, not_before=NOW, now=NOW))

    said = ostinato("template", "pause", "t1").output

    assert "runs cancelled: 1" in said
    assert "begun" not in said
    run = ostinato.json("run", "show", hold.run_id)
    assert (run["status"], run["reason"]) == ("skipped", "paused")
    with ostinato.database() as database, database.read() as connection:
        assert [each.run_id for each in events.list_events(connection, types=[EventType.RUN_SKIPPED])] == [hold.run_id]


def test_deleting_leaves_a_run_that_may_be_out_and_says_so(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = in_doubt_run(database)

    assert "perhaps out already: 1" in ostinato("template", "delete", "t1").output
    deleted = ostinato.json("template", "delete", "t1")

    assert (deleted["cancelled_runs"], deleted["runs_going_on"]) == (0, 1)
    assert ostinato.json("run", "show", hold.run_id)["status"] == "queued"


def test_pausing_leaves_a_run_that_may_be_out_and_says_so(ostinato: CommandLine) -> None:
    with ostinato.database() as database:
        hold = in_doubt_run(database)

    paused = ostinato.json("template", "pause", "t1")

    assert (paused["cancelled_runs"], paused["runs_going_on"]) == (0, 1)
    assert "perhaps out already: 1" in ostinato("template", "pause", "t1").output
    assert ostinato.json("run", "show", hold.run_id)["status"] == "queued"
