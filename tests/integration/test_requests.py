"""One post for one request, the pages of posts, and rewriting a post: the operations below the compatible routes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from domain.draft import Draft
from domain.errors import Conflict, InvalidInput, NotFound, WriterError
from domain.owner import LOCAL_OWNER
from domain.publication import PostStatus
from domain.run import Run, RunStatus, Trigger, Verdict
from domain.template import Approval, PostType, TemplateStatus
from scheduler.ids import new_id
from scheduler.operations import editing, refining, requests, runs, templates
from scheduler.operations.forecasting import Span
from scheduler.shown import compatible
from storage import post_pages
from storage import templates as kept
from storage.database import Database
from storage.last_runs import last_runs
from storage.post_pages import Paged, Wanted
from tests.integration.scheduler_house import CIPHER, House, draft
from tests.integration.storage_values import running


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def once(house: House, **fields: Any) -> Run:
    document = {"name": f"x-{house.new_id()}", "account": "demo", "type": "tweet", "text": "Hello", **fields}
    with house.database.write() as c:
        return requests.post_once(c, document, now=house.clock(), new_id=house.new_id, owner=LOCAL_OWNER)


def pages(house: House, *, owner_id: str = LOCAL_OWNER, **wanted: Any) -> list[Paged]:
    with house.database.read() as c:
        return post_pages.page(c, Wanted(owner_id=owner_id, **wanted), limit=100)


def test_one_post_is_made_once_and_its_template_is_in_no_list(house: House) -> None:
    made = once(house)

    assert house.plan().templates == 0
    assert house.work() == 1
    assert house.texts_sent() == ["Hello"]
    run = house.run(made.template_id)
    assert (run.id, run.status, run.trigger) == (made.id, RunStatus.POSTED, Trigger.REQUEST)
    assert house.stored(made.template_id).state.status is TemplateStatus.ENDED
    assert templates.list_all(house.database) == []
    house.clock.advance(days=3)
    assert house.plan().templates == 0
    assert house.work() == 0


def test_one_post_waits_for_a_daemon_as_long_as_it_takes(house: House) -> None:
    once(house)
    house.clock.advance(days=2)

    house.work()

    assert house.texts_sent() == ["Hello"]


def test_a_wrong_document_keeps_nothing(house: House) -> None:
    with pytest.raises(InvalidInput):
        once(house, text="")

    with house.database.read() as c:
        assert kept.list_all(c, include_deleted=True) == []
    assert house.work() == 0


def test_what_recurs_comes_due_at_once(house: House) -> None:
    document = {"name": "x-1", "account": "demo", "type": "tweet", "text": "Hello", "daily_count": 2}
    with house.database.write() as c:
        requests.recur(c, document, fast=True, cipher=CIPHER, now=house.clock(), new_id=house.new_id, owner=LOCAL_OWNER)

    house.plan()
    house.work()

    assert house.texts_sent() == ["Hello"]
    (stored,) = templates.list_all(house.database)
    assert (stored.template.fast, stored.template.once) == (True, False)
    with house.database.read() as c:
        assert last_runs(c, [stored.template.id])[stored.template.id].status is RunStatus.POSTED


def changed(house: House, template_id: str) -> None:
    now = house.clock()
    fields, span = {"prompt": "plain"}, Span(now, now, now)
    editing.change(house.database, template_id, fields, span=span, cipher=CIPHER, new_id=house.new_id)


def test_what_was_made_for_one_post_cannot_be_changed_into_coming_due_again(house: House) -> None:
    made = once(house)

    with pytest.raises(Conflict, match="made for one post"):
        changed(house, made.template_id)


def test_a_quick_template_stays_one_when_it_is_changed(house: House) -> None:
    made = house.template(fast=True)

    changed(house, made.id)

    with house.database.read() as c:
        assert [(each.template.prompt, each.template.fast) for each in kept.recurring(c, owner=LOCAL_OWNER)] == [
            ("plain", True)
        ]


def test_the_only_account_is_the_one_that_all_templates_post_as(house: House) -> None:
    def only() -> str | None:
        with house.database.read() as c:
            return requests.only_account(c, owner="local")

    assert only() is None
    house.template("t1", account="Demo")
    house.template("t2", account="demo")
    assert only() in ("Demo", "demo")
    house.template("t3", account="other")
    assert only() is None


def test_pages_give_the_newest_request_first_and_its_parts_in_order(house: House) -> None:
    house.editor.drafts = (draft("one", "two"),)
    first = once(house, type="thread").id
    house.work()
    house.clock.advance(minutes=1)
    house.editor.drafts = (draft("three"),)
    house.template()
    house.plan()
    house.work()

    found = pages(house)

    assert [(each.post.text, each.recurring, each.kind) for each in found] == [
        ("three", "t1", PostType.TWEET),
        ("one", None, PostType.THREAD),
        ("two", None, PostType.THREAD),
    ]
    assert [each.post.text for each in pages(house, run_id=first)] == ["one", "two"]
    assert [each.post.text for each in pages(house, template_id="t1")] == ["three"]
    assert [each.post.text for each in pages(house, kind=PostType.THREAD)] == ["one", "two"]
    assert [each.post.text for each in pages(house, since=house.clock())] == ["three"]
    assert pages(house, owner_id="somebody") == []
    with house.database.read() as c:
        assert post_pages.count(c, Wanted(owner_id=LOCAL_OWNER, status=PostStatus.PUBLISHED)) == 3
        assert post_pages.page(c, Wanted(owner_id=LOCAL_OWNER), limit=1, offset=1)[0].post.text == "one"
        assert post_pages.one(c, found[0].post.id, owner_id="somebody") is None


def test_all_posts_come_in_pieces_in_the_same_order(house: House) -> None:
    for number in range(5):
        house.editor.drafts = (draft(f"a{number}", f"b{number}"),)
        once(house, type="thread")
        house.work()
        house.clock.advance(minutes=number % 2)

    pieces: list[list[Paged]] = []
    all_mine = Wanted(owner_id=LOCAL_OWNER)
    with house.database.read() as c:
        while found := post_pages.piece(c, all_mine, behind=pieces[-1][-1].post if pieces else None, limit=3):
            pieces.append(found)

    assert [len(piece) for piece in pieces] == [3, 3, 3, 1]
    assert [each.post.id for piece in pieces for each in piece] == [each.post.id for each in pages(house)]


def test_a_post_says_what_it_was_made_of(house: House) -> None:
    house.editor.drafts = (replace(draft("Hello"), material_ids=("m0",)),)
    once(house)
    house.work()

    (shown,) = [compatible.post(each, compatible.Links()) for each in pages(house)]

    assert [each["type"] for each in shown["sources"]] == ["resource"]
    assert (shown["result"], shown["status"], shown["scheduleId"]) == ("Hello", "published", None)


def held(house: House, *parts: str) -> Paged:
    house.editor.drafts = (draft(*parts),)
    once(house, type="thread" if len(parts) > 1 else "tweet", approval="approve")
    house.work()
    return pages(house)[0]


def refined(house: House, post_id: str, *new: Draft, owner: str = "local", has_model: bool = False) -> Paged:
    if new:
        house.editor.drafts = new
    house.editor.minds_others = True

    async def refining_it() -> Paged:
        with running(house.database) as writer:
            return await refining.refine(
                house.database,
                writer,
                post_id,
                "shorter",
                editor=house.editor,
                has_model=has_model,
                owner_id=owner,
                clock=house.clock,
                new_id=new_id,
            )

    return asyncio.run(refining_it())


def test_a_held_post_is_rewritten_under_its_id_and_published_as_it_is_then(house: House) -> None:
    before = held(house, "Hello there, everybody")
    house.clock.advance(minutes=5)

    after = refined(house, before.post.id, draft("Hello"))

    assert (after.post.id, after.post.text, after.post.status) == (
        before.post.id,
        "Hello",
        PostStatus.AWAITING_APPROVAL,
    )
    assert after.post.created_at == before.post.created_at
    details = runs.details(house.database, before.post.run_id)
    assert [each.text for each in details.facts.drafts or ()] == ["Hello there, everybody", "Hello"]
    runs.decide(house.database, before.post.run_id, Verdict.APPROVED, note=None, now=house.clock())
    house.work()
    assert house.texts_sent() == ["Hello"]


def test_one_part_of_a_thread_changes_and_does_not_repeat_the_others(house: House) -> None:
    first = held(house, "The tram opens on Tuesday morning", "Tickets cost two euros")

    after = refined(house, first.post.id, draft("Tickets cost two euros"), draft("The tram opens", name="d1"))

    assert after.post.text == "The tram opens"
    assert [each.post.text for each in pages(house)] == ["The tram opens", "Tickets cost two euros"]


@pytest.mark.parametrize(
    "new", [(draft("Hello"),), (draft("x" * 300),), (draft("a", "b"),)], ids=["same", "long", "thread"]
)
def test_a_post_without_other_words_stays_as_it_is(house: House, new: tuple[Draft, ...]) -> None:
    before = held(house, "Hello")

    with pytest.raises(refining.NotRewritten):
        refined(house, before.post.id, *new)

    assert pages(house) == [before]


def test_a_writer_that_fails_leaves_the_post_as_it_is(house: House) -> None:
    before = held(house, "Hello")
    house.editor.drafts = WriterError("no words")

    with pytest.raises(refining.NotRewritten, match="no words"):
        refined(house, before.post.id, has_model=True)

    assert pages(house) == [before]


def test_what_is_out_or_somebody_elses_is_not_rewritten(house: House) -> None:
    once(house)
    house.work()
    (out,) = pages(house)

    with pytest.raises(Conflict, match="is published"):
        refined(house, out.post.id, draft("other"))
    with pytest.raises(NotFound):
        refined(house, out.post.id, draft("other"), owner="somebody")
    with pytest.raises(NotFound):
        refined(house, "no-such-post", draft("other"))


def test_what_is_only_written_can_be_rewritten_after_its_run(house: House) -> None:
    once(house, approval=Approval.SHADOW.value)
    house.work()
    (before,) = pages(house)

    assert refined(house, before.post.id, draft("Good day")).post.text == "Good day"
    assert house.work() == 0
    assert house.texts_sent() == []
