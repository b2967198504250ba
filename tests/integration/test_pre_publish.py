"""A `pre_publish` callback on a real port decides about the posts before they go out, or the deadline does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Standard

from callbacks.asking import read
from callbacks.refused import Refused
from callbacks.signing import new_secret
from domain.draft import Draft, Part, Segment, SegmentKind
from domain.event import Channel, EventType, Webhook
from domain.material import Material, MaterialKind
from domain.publication import PostStatus
from domain.question import Decision, Question
from domain.reasons import Reason
from domain.run import RunStatus, Verdict
from domain.template import Approval, ApproveDefault, PostType, PrePublish
from scheduler.editor import Gathered
from scheduler.operations import revising, templates, why
from scheduler.operations.cancelling import cancel
from scheduler.operations.runs import RunDetails, details
from scheduler.shown import question_schemas
from storage import delivery_pages, runs, webhooks
from storage.database import Database
from tests.integration.callback_receiver import CLOSE, HANG, Answer, Planned, Received, Receiver, receiving
from tests.integration.scheduler_house import CIPHER, NOW, House, draft
from tests.integration.test_scheduler_daemon import Process, running_daemon
from tests.json_schema import misfits

SECRET = new_secret()
WITHIN = timedelta(seconds=30)
ROUNDS = 12


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def asking(
    house: House, receiver: Receiver, name: str = "t1", *, default: ApproveDefault = ApproveDefault.DROP, **fields: Any
) -> House:
    """Keep a template whose posts the receiver decides about, and plan its run."""
    asked = PrePublish(f"{receiver.address}/ask", WITHIN, default)
    house.template(name, pre_publish=asked, **fields)
    with house.database.write() as c:
        webhook = Webhook(f"ask-{name}", Channel.HTTP, asked.url, SECRET, name, True, NOW, asked=True)
        webhooks.upsert(c, webhook, CIPHER)
    house.plan()
    return house


def decides(decision: str, posts: Callable[[dict[str, Any]], object] | None = None, **more: object) -> Planned:
    def answer(received: Received) -> Answer:
        data = json.loads(received.body)["data"]
        given = {"decision": decision, "revision": data["revision"], **more}
        return answering(given | ({"posts": posts(data)} if posts else {}))

    return answer


def answering(document: object) -> Answer:
    return Answer(200, (("content-type", "application/json"),), json.dumps(document).encode())


def rewritten(*texts: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: [{"id": post["id"], "text": text} for post, text in zip(data["posts"], texts, strict=True)]


def questions(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in receiver.at("/ask")]


def recorded(house: House, template_id: str = "t1") -> Question:
    with house.database.read() as c:
        question = runs.facts(c, house.run(template_id).id).question
    assert question is not None
    return question


def shown(house: House) -> RunDetails:
    return details(house.database, house.run().id)


def test_what_is_approved_is_posted_and_the_decision_is_kept(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("approve", reason="fine\nby me"))
    asking(house, receiver).work()

    assert (house.run().status, house.texts_sent()) == (RunStatus.POSTED, ["Hello"])
    question = recorded(house)
    assert (question.decision, question.reason, question.decided_at) == (Decision.APPROVE, "fine by me", NOW)
    (told,) = [each for each in house.events() if each.type is EventType.RUN_SUCCEEDED]
    assert told.data["prePublish"] == {
        "id": question.id,
        "decision": "approve",
        "reason": "fine by me",
        "lastError": None,
    }


def test_the_question_is_signed_and_shows_the_posts_and_where_their_words_are_from(
    house: House, receiver: Receiver
) -> None:
    words = Material("m7", MaterialKind.PAGE, "words", title="A page", url="https://example.com/a")
    segments = (Segment(SegmentKind.EXTRACT, "Hello", "m7", "text", ((0, 5),)),)
    house.editor.gathered = Gathered((words,))
    house.editor.drafts = (Draft("d0", (Part("Hello", segments),), material_ids=("m7",)),)
    receiver.will("/ask", decides("approve"))
    asking(house, receiver, callback_data="ü").work()

    [got] = receiver.at("/ask")
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert got.headers["webhook-signature"] == Standard(SECRET).sign(got.headers["webhook-id"], at, got.body.decode())
    asked = json.loads(got.body)
    post = asked["data"]["posts"][0]
    assert asked == {
        "id": recorded(house).id,
        "type": "pre_publish",
        "timestamp": "2026-03-01T09:00:00.000Z",
        "data": {
            "template": {"id": "t1", "name": "name-of-t1"},
            "callbackData": "ü",
            "run": {"id": house.run().id, "slotAt": "2026-03-01T09:00:00.000Z", "account": "demo"},
            "approval": "auto",
            "revision": recorded(house).revision,
            "deadline": "2026-03-01T09:00:30.000Z",
            "attempt": 1,
            "lastError": None,
            "posts": [
                {
                    "id": house.posts()[0].id,
                    "text": "Hello",
                    "group": 0,
                    "order": 0,
                    "draft": "d0",
                    "engine": "embedded",
                    "score": 90,
                    "failedChecks": [],
                    "segments": [{"kind": "extract", "text": "Hello", "source": "m7"}],
                }
            ],
            "sources": [{"id": "m7", "kind": "resource", "url": "https://example.com/a", "title": "A page"}],
        },
    }
    assert (got.headers["webhook-id"], post["id"]) == (asked["id"], house.posts()[0].id)
    assert misfits(asked, question_schemas.question()) == []


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"decision": "approve", "revision": "r"}, True),
        ({"decision": "replace", "revision": "r", "posts": [{"id": "p", "text": "x", "score": 1}]}, True),
        ({"decision": "veto", "revision": "r", "reason": "no"}, True),
        ({"decision": "veto"}, False),
        ({"decision": "default_post", "revision": "r"}, False),
        ({"decision": "veto", "revision": "r", "reason": 7}, False),
        ({"decision": "replace", "revision": "r", "posts": [{"id": "p"}]}, False),
    ],
)
def test_the_schema_of_an_answer_lets_through_what_is_a_decision(given: dict[str, object], fits: bool) -> None:
    assert (misfits(given, question_schemas.answer()) == []) is fits
    if fits:
        read(json.dumps(given).encode(), revision="r")
    else:
        with pytest.raises(Refused):
            read(json.dumps(given).encode(), revision="r")


def test_what_is_vetoed_is_not_posted_and_everybody_is_told_why(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("veto", reason="names a customer"))
    asking(house, receiver, approval=Approval.APPROVE).work()

    run = house.run()
    assert (run.status, run.reason, run.detail) == (RunStatus.SKIPPED, Reason.VETOED, "names a customer")
    assert (house.texts_sent(), [each.status for each in house.posts()]) == ([], [PostStatus.DISCARDED])
    (told,) = house.events()
    assert (told.type, told.data["run"]["reason"], told.data["run"]["detail"]) == (
        EventType.RUN_SKIPPED,
        "vetoed",
        "names a customer",
    )


def test_replaced_posts_are_kept_beside_what_was_written_and_posted(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("replace", rewritten("Good morning.\r\n")))
    asking(house, receiver).work()

    assert house.texts_sent() == ["Good morning."]
    written, revision = shown(house).facts.drafts or ()
    assert (written.text, revision.text) == ("Hello", "Good morning.")
    assert (revision.engine, revision.refined_from, revision.parts[0].segments) == ("callback", "d0", ())
    assert revision.score is not None
    assert [(each.text, each.draft_id) for each in house.posts()] == [("Good morning.", "d1")]
    (told,) = [each for each in house.events() if each.type is EventType.RUN_SUCCEEDED]
    assert told.data["posts"][0]["text"] == "Good morning."


def test_some_parts_of_some_threads_are_replaced_and_the_rest_stays(house: House, receiver: Receiver) -> None:
    house.editor.drafts = (draft("one", "two"), draft("three", "four", name="d1"))

    def last(data: dict[str, Any]) -> object:
        return [{"id": data["posts"][3]["id"], "text": "the end"}]

    receiver.will("/ask", decides("replace", last))
    asking(house, receiver, type=PostType.THREAD, count=2).work()

    asked = [each["text"] for each in questions(receiver)[0]["data"]["posts"]]
    assert house.texts_sent() == [*asked[:3], "the end"]


def test_posts_sent_back_unchanged_are_approved(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("replace", rewritten("Hello")))
    asking(house, receiver).work()
    assert (recorded(house).decision, len(shown(house).facts.drafts or ())) == (Decision.APPROVE, 1)
    assert house.texts_sent() == ["Hello"]


def test_a_person_is_shown_what_the_callback_left_and_has_the_last_word(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("replace", rewritten("Good morning.")))
    asking(house, receiver, approval=Approval.APPROVE).work()

    assert house.run().status is RunStatus.HELD
    (held,) = house.events()
    assert (held.type, held.data["posts"][0]["text"]) == (EventType.RUN_HELD, "Good morning.")
    assert held.data["approval"]["revision"] == shown(house).revision
    revising.approve_edited(house.database, house.run().id, {"1": "Good evening."}, note=None, now=house.clock())
    house.work()
    assert house.texts_sent() == ["Good evening."]
    assert len(receiver.at("/ask")) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (500, "answered 500"),
        (Answer(302, (("location", "/elsewhere"),)), "answered 302, a redirect to /elsewhere"),
        (CLOSE, "hung up"),
        (HANG, "no answer within 0.2 s"),
        (204, "without a decision"),
        (Answer(200, body=b"<html>hello"), "not JSON: <html>hello"),
        (Answer(200, body=b"[" * 50_000), "not JSON"),
        (Answer(200, body=b" " * 1_100_000), "more than 1 MiB"),
        (Answer(200, (("content-encoding", "gzip"),), b"x"), "content-encoding"),
        (answering(["veto"]), "not an object"),
        (answering({"decision": ["approve"], "revision": "x"}), "the decision"),
        (decides("approve", revision="0123456789abcdef"), 'about revision "0123456789abcdef"'),
        (answering({"decision": "veto"}), "about revision null"),
        (decides("veto", reason=7), "a reason that is not text"),
        (decides("replace"), "replace without posts"),
        (decides("replace", lambda _: ["Hello"]), "no id and text"),
        (decides("replace", lambda data: [{"id": data["posts"][0]["id"], "text": "x"}] * 2), "two texts"),
        (decides("replace", rewritten("x" * 281)), "281 weighted characters"),
        (decides("replace", rewritten("bell \x07")), "control characters"),
        (decides("replace", rewritten("half \ud83d")), "control characters"),
        (decides("replace", lambda _: [{"id": "p9", "text": "x"}]), "no post of this run"),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_an_answer_that_decides_nothing_is_asked_for_again_under_the_same_id(
    house: House, receiver: Receiver, answer: Planned | int, error: str
) -> None:
    house.longest_request = 0.2 if answer == HANG else 5.0
    receiver.will("/ask", answer, decides("approve"))
    asking(house, receiver).work()

    run, question = house.run(), recorded(house)
    assert (run.status, run.not_before, house.texts_sent()) == (RunStatus.QUEUED, NOW + timedelta(seconds=1), [])
    assert (question.attempts, question.decision) == (1, None)
    assert error in (question.last_error or "")
    assert [len(each.parts) for each in shown(house).facts.drafts or ()] == [1]
    assert house.work() == 0

    house.longest_request = 5.0
    house.clock.advance(seconds=1)
    house.work()
    assert house.texts_sent() == ["Hello"]
    first, second = questions(receiver)
    assert first["id"] == second["id"]
    assert (first["data"]["deadline"], second["data"]["attempt"]) == (second["data"]["deadline"], 2)
    assert error in second["data"]["lastError"]


def asked_until_the_deadline(house: House, receiver: Receiver) -> list[float]:
    """Work whenever the run wants to be; give after how many seconds that was."""
    after = []
    while house.run().status is RunStatus.QUEUED:
        house.clock.now = house.run().not_before or NOW
        after.append((house.clock() - NOW).total_seconds())
        house.work()
    return after


def test_without_a_decision_until_the_deadline_the_run_is_dropped(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", *[500] * 9)
    asking(house, receiver)
    assert asked_until_the_deadline(house, receiver) == [0, 1, 3, 8, 18, 30]

    run = house.run()
    assert (run.status, run.reason, run.detail) == (RunStatus.SKIPPED, Reason.PRE_PUBLISH_EXPIRED, "answered 500")
    assert (recorded(house).decision, recorded(house).attempts) == (Decision.DROP, 5)
    assert (len(receiver.at("/ask")), house.texts_sent()) == (5, [])
    assert house.events()[-1].data["run"]["reason"] == "pre_publish_expired"


def test_a_template_may_have_its_run_posted_without_a_decision(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", *[500] * 9)
    asking(house, receiver, default=ApproveDefault.POST)
    asked_until_the_deadline(house, receiver)

    assert (house.run().status, house.texts_sent()) == (RunStatus.POSTED, ["Hello"])
    assert house.events()[-1].data["prePublish"]["decision"] == "default_post"
    assert house.events()[-1].data["prePublish"]["lastError"] == "answered 500"


def test_a_receiver_may_say_when_to_ask_again_but_not_move_the_deadline(house: House, receiver: Receiver) -> None:
    later = Answer(202, (("retry-after", "20"),))
    receiver.will("/ask", later, later, decides("approve"))
    asking(house, receiver)
    assert asked_until_the_deadline(house, receiver) == [0, 20, 30]
    assert house.run().reason is Reason.PRE_PUBLISH_EXPIRED


def test_a_receiver_that_wants_to_be_asked_after_the_end_of_all_days_is_asked_till_the_deadline(
    house: House, receiver: Receiver
) -> None:
    receiver.will("/ask", Answer(503, (("retry-after", "Fri, 31 Dec 9999 23:59:59 -2359"),)))
    asking(house, receiver).work()

    assert (house.run().status, house.run().not_before) == (RunStatus.QUEUED, recorded(house).deadline)


def test_while_there_is_no_room_for_a_request_the_run_comes_back_and_its_time_does_not_pass(
    house: House, receiver: Receiver
) -> None:
    house.asked_at_once = 0
    asking(house, receiver).work()
    assert house.run().not_before == NOW + timedelta(seconds=1)
    assert shown(house).facts.question is None

    house.asked_at_once = 1
    house.clock.advance(minutes=5)
    receiver.will("/ask", decides("approve"))
    house.work()
    assert recorded(house).deadline == NOW + timedelta(minutes=5) + WITHIN
    assert house.texts_sent() == ["Hello"]


def die_when_asked(house: House, receiver: Receiver, times: int) -> None:
    """Work until the receiver has been asked so often, and die at that moment; then be a new process."""

    async def life() -> None:
        working = asyncio.create_task(house._work())
        while len(receiver.at("/ask")) < times:
            await asyncio.sleep(0.005)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    asyncio.run(life())
    house.boot()
    with house.database.write() as c:
        runs.reclaim(c, house.leases.owner)


def test_a_process_that_dies_while_it_waits_asks_again_under_the_same_id_and_deadline(
    house: House, receiver: Receiver
) -> None:
    receiver.will("/ask", HANG, decides("approve"))
    asking(house, receiver)
    die_when_asked(house, receiver, times=1)
    assert (house.texts_sent(), recorded(house).decision) == ([], None)

    house.clock.advance(seconds=29)
    house.work()
    first, second = questions(receiver)
    assert (first["id"], first["data"]["deadline"]) == (second["id"], second["data"]["deadline"])
    assert house.texts_sent() == ["Hello"]


def test_a_process_that_comes_back_after_the_deadline_does_what_the_template_says(
    house: House, receiver: Receiver
) -> None:
    receiver.will("/ask", HANG, decides("approve"))
    asking(house, receiver)
    die_when_asked(house, receiver, times=1)

    house.clock.advance(seconds=30)
    house.work()
    assert (house.run().reason, len(receiver.at("/ask"))) == (Reason.PRE_PUBLISH_EXPIRED, 1)


def cancelled(house: House, run_id: str) -> str:
    return cancel(house.database, run_id, note=None, now=NOW, new_id=lambda: f"cancel-{run_id}").answer


def test_a_run_that_is_cancelled_while_it_is_asked_about_is_not_posted(house: House, receiver: Receiver) -> None:
    def answer(received: Received) -> Answer | str:
        assert cancelled(house, house.run().id) == "cancelled"
        approve = decides("approve")
        assert callable(approve)
        return approve(received)

    receiver.will("/ask", answer)
    asking(house, receiver).work()

    assert (house.run().reason, house.texts_sent()) == (Reason.CANCELLED, [])
    assert recorded(house).decision is None
    assert house.told() == [EventType.RUN_SKIPPED]
    assert house.work() == 0


def test_a_run_that_is_cancelled_between_two_questions_is_not_asked_about_again(
    house: House, receiver: Receiver
) -> None:
    receiver.will("/ask", 500)
    asking(house, receiver).work()
    assert cancelled(house, house.run().id) == "cancelled"
    house.clock.advance(minutes=1)
    assert (house.work(), len(receiver.at("/ask"))) == (0, 1)


def test_of_an_answer_and_a_person_who_cancels_one_wins_and_never_both(house: House, receiver: Receiver) -> None:
    half_way, approve = Event(), decides("approve")
    assert callable(approve)

    def approving(received: Received) -> Answer | str:
        if len(receiver.received) == ROUNDS // 2:
            half_way.set()
        return approve(received)

    for number in range(ROUNDS):
        asking(house, receiver, f"t{number}", account=f"a{number}")
        receiver.will("/ask", approving)
    ids = [house.run(f"t{number}").id for number in range(ROUNDS)]

    def person() -> list[str]:
        assert half_way.wait(timeout=60)
        return [cancelled(house, run_id) for run_id in reversed(ids)]

    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(person)
        house.work()
        found = answers.result()[::-1]

    for number, answer in enumerate(found):
        sent = [each for each in house.publisher.sent if each.run_id == ids[number]]
        run = house.run(f"t{number}")
        assert (answer, len(sent)) in {("cancelled", 0), ("too_late", 1)}
        assert run.status is (RunStatus.SKIPPED if answer == "cancelled" else RunStatus.POSTED)


@pytest.mark.parametrize(("decision", "reason"), [("approve", Reason.SHADOW), ("veto", Reason.VETOED)])
def test_a_shadow_is_asked_about_and_posts_nothing(
    house: House, receiver: Receiver, decision: str, reason: Reason
) -> None:
    receiver.will("/ask", decides(decision))
    asking(house, receiver, approval=Approval.SHADOW).work()
    assert questions(receiver)[0]["data"]["approval"] == "shadow"
    assert (house.run().reason, house.texts_sent()) == (reason, [])


def test_a_decision_outlives_the_field_that_asked_for_it(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("veto"))
    house.editor.drafts = (draft("Hello"),)
    asking(house, receiver).work()
    assert house.run().reason is Reason.VETOED
    assert house.run().verdict is not Verdict.APPROVED


def test_what_is_asked_is_told_no_events(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("approve"))
    asking(house, receiver).work()
    assert house.told() != []
    with house.database.read() as c:
        assert delivery_pages.page(c, owner=None, limit=10) == []


def test_the_daemon_asks_and_posts_what_is_approved(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", decides("approve"))
    asking(house, receiver)

    async def scene(process: Process) -> None:
        await process.until(lambda: house.run().status is RunStatus.POSTED)

    running_daemon(house, scene)
    assert house.texts_sent() == ["Hello"]


def test_why_names_what_the_callback_decided_and_that_nobody_else_was_asked(house: House, receiver: Receiver) -> None:
    receiver.will("/ask", 500, decides("veto", reason="names a customer"))
    asking(house, receiver, approval=Approval.APPROVE).work()
    house.clock.advance(seconds=1)
    house.work()

    found = why.of_run(house.database, house.run().id)
    assert "names a customer" in found.sentence
    links = {each.step.value: each for each in found.chain}
    assert (links["pre_publish"].effect.value, links["pre_publish"].reason) == ("stopped", Reason.VETOED)
    assert "1 failed try (answered 500); decided: veto (names a customer)" in links["pre_publish"].said
    assert {links[name].effect.value for name in ("shadow", "approval", "publications")} == {"not_reached"}
    assert [each.step.value for each in found.chain].count("pre_publish") == 1


def test_pausing_the_template_ends_a_run_that_is_asked_about(house: House, receiver: Receiver) -> None:
    def answer(received: Received) -> Answer | str:
        templates.pause(house.database, "t1", note=None, now=NOW, new_id=house.new_id)
        approve = decides("approve")
        assert callable(approve)
        return approve(received)

    receiver.will("/ask", answer)
    asking(house, receiver).work()
    assert (house.run().reason, house.texts_sent()) == (Reason.PAUSED, [])


def test_a_template_whose_webhook_is_gone_is_not_posted_unasked(house: House, receiver: Receiver) -> None:
    house.template(pre_publish=PrePublish(f"{receiver.address}/ask", WITHIN))
    house.plan()
    asked_until_the_deadline(house, receiver)
    assert (house.run().reason, house.texts_sent()) == (Reason.PRE_PUBLISH_EXPIRED, [])
    assert "its webhook is gone" in (house.run().detail or "")


def test_many_runs_are_asked_about_side_by_side_and_one_that_hangs_keeps_nobody(
    house: House, receiver: Receiver
) -> None:
    house.longest_request = 0.3
    for number in range(4):
        asking(house, receiver, f"t{number}", account=f"a{number}")
    receiver.will("/ask", HANG, decides("approve"), decides("approve"), decides("approve"))

    async def scene(process: Process) -> None:
        await process.until(lambda: len(house.texts_sent()) == 3)

    running_daemon(house, scene)
    states = sorted(house.run(f"t{number}").status for number in range(4))
    assert states.count(RunStatus.POSTED) == 3
