"""Files are kept once for each owner, and go when nothing needs them."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain.errors import Conflict, InvalidInput, NotFound
from domain.owner import LOCAL_OWNER
from domain.reasons import Reason
from domain.run import RunStatus
from domain.template import ImageSource, Sources, TemplateStatus
from storage import blobs, readings, runs, templates
from storage.database import Database
from storage.pruning import Keep, prune
from storage.tables import Holder
from tests.integration.storage_values import NOW, files_of, held_run, state, template, with_templates, written

PNG = b"\x89PNG\r\n\x1a\n\x00picture\xff"
OTHER = PNG + b"another"
DAY = timedelta(days=1)
KEEP = Keep.all(timedelta(days=30))


def kept(database: Database, content: bytes = PNG, *, name: str = "a.png", owner: str = "local") -> blobs.Blob:
    with database.write() as c:
        return blobs.keep(c, content, name=name, now=NOW, owner=owner)


def used(database: Database, holder: Holder, holder_id: str, *ids: str) -> None:
    with database.write() as c:
        blobs.use(c, holder, holder_id, ids, owner=LOCAL_OWNER)


def left(database: Database) -> set[str]:
    with database.read() as c:
        return {blob.id for blob in blobs.list_blobs(c, owner=LOCAL_OWNER)}


def pruned(database: Database, after: timedelta) -> int:
    with database.write() as c:
        return prune(c, NOW + after, KEEP, 100).files


def test_bytes_come_back_as_they_were_with_what_is_known_of_them(database: Database) -> None:
    blob = kept(database, name="../../Übersicht\r\n.png")
    with database.read() as c:
        assert blobs.content(c, blob.id, owner=LOCAL_OWNER) == PNG
        assert blobs.get(c, blob.id, owner=LOCAL_OWNER) == blob
        assert blobs.of_anybody(c, blob.id) == (blob, PNG)
    assert (blob.name, blob.media_type, blob.size) == ("Übersicht .png", "image/png", len(PNG))
    assert blob.digest == hashlib.sha256(PNG).hexdigest()
    assert len(blob.id) == 36


def test_the_same_bytes_are_the_same_file_of_their_owner_and_not_of_another(database: Database) -> None:
    first, again = kept(database), kept(database, name="b.png")
    theirs = kept(database, owner="other")
    assert (again.id, again.name) == (first.id, "a.png")
    assert theirs.id != first.id
    assert kept(database, OTHER).id != first.id


def test_nobody_reads_what_another_owner_has(database: Database) -> None:
    theirs = kept(database, owner="other")
    with database.write() as c:
        for read in (blobs.get, blobs.content, blobs.remove):
            with pytest.raises(NotFound):
                read(c, theirs.id, owner=LOCAL_OWNER)
        with pytest.raises(InvalidInput, match="there is no such file"):
            blobs.use(c, Holder.RUN, "r1", [theirs.id], owner=LOCAL_OWNER)
        assert blobs.list_blobs(c, owner=LOCAL_OWNER) == []
        with pytest.raises(NotFound):
            blobs.of_anybody(c, "")


def test_what_is_no_picture_and_no_sound_is_not_kept(database: Database) -> None:
    with database.write() as c, pytest.raises(InvalidInput, match=r"^logo: is none of"):
        blobs.keep(c, b"MZ\x90\x00", name="logo.png", now=NOW, field="logo", owner=LOCAL_OWNER)
    assert left(database) == set()


def test_a_file_that_nothing_needs_goes_after_a_day_and_one_that_is_brought_again_stays(database: Database) -> None:
    blob = kept(database)
    other = kept(database, OTHER)
    with database.write() as c:
        blobs.keep(c, OTHER, name="b.png", now=NOW + DAY, owner=LOCAL_OWNER)
    assert pruned(database, DAY) == 0
    assert pruned(database, DAY + timedelta(seconds=1)) == 1
    assert left(database) == {other.id}
    with database.read() as c, pytest.raises(NotFound, match="nothing needed it"):
        blobs.get(c, blob.id, owner=LOCAL_OWNER)


def test_a_file_of_a_post_stays_for_ever_and_cannot_be_removed(database: Database) -> None:
    blob = kept(database)
    used(database, Holder.POST, "p1", blob.id)
    assert pruned(database, 1000 * DAY) == 0
    with database.write() as c, pytest.raises(Conflict, match=r"'a.png' is needed"):
        blobs.remove(c, blob.id, owner=LOCAL_OWNER)
    with database.write() as c:
        blobs.use_only(c, Holder.POST, "p1", [], owner=LOCAL_OWNER)
        blobs.remove(c, blob.id, owner=LOCAL_OWNER)
    assert left(database) == set()


def test_a_runs_files_go_with_its_drafts(database: Database) -> None:
    hold = held_run(database)
    blob = kept(database)
    used(database, Holder.RUN, "r1", blob.id)
    finish = runs.finish(
        hold, status=RunStatus.SKIPPED, reason=Reason.NOTHING_NEW, detail=None, events=[], items="spent", now=NOW
    )
    asyncio.run(written(database, finish))
    assert pruned(database, 29 * DAY) == 0
    assert pruned(database, 31 * DAY) == 1
    assert left(database) == set()


def test_a_templates_files_go_some_time_after_it(database: Database) -> None:
    with_templates(database, "t1")
    blob = kept(database)
    used(database, Holder.TEMPLATE, "t1", blob.id)
    assert pruned(database, 100 * DAY) == 0
    with database.write() as c:
        templates.set_status(c, "t1", TemplateStatus.DELETED, now=NOW + 100 * DAY)
    assert pruned(database, 129 * DAY) == 0
    assert pruned(database, 131 * DAY) == 1


def test_the_files_of_a_template_made_for_one_post_go_some_time_after_it_was_made(database: Database) -> None:
    with database.write() as c:
        templates.insert(c, template("t1", once=True), state(None, TemplateStatus.ENDED))
    blob = kept(database)
    used(database, Holder.TEMPLATE, "t1", blob.id)
    assert pruned(database, 29 * DAY) == 0
    assert pruned(database, 31 * DAY) == 1


def test_the_schema_itself_keeps_a_file_that_is_needed(database: Database) -> None:
    blob = kept(database)
    used(database, Holder.RUN, "r1", blob.id)
    with pytest.raises(sa.exc.IntegrityError), database.write() as c:
        c.execute(sa.text("DELETE FROM blobs"))


def test_using_a_file_twice_is_using_it_once(database: Database) -> None:
    blob, other = kept(database), kept(database, OTHER)
    used(database, Holder.RUN, "r1", blob.id, blob.id)
    used(database, Holder.RUN, "r1", blob.id, other.id)
    with database.write() as c:
        assert files_of(c, Holder.RUN, "r1") == {blob.id, other.id}
        blobs.use_only(c, Holder.RUN, "r1", [other.id], owner=LOCAL_OWNER)
        assert files_of(c, Holder.RUN, "r1") == {other.id}
        assert files_of(c, Holder.POST, "r1") == set()


def test_what_was_read_out_of_a_file_is_kept_while_it_is_used(database: Database) -> None:
    digest = hashlib.sha256(PNG).hexdigest()
    with database.write() as c:
        readings.save(c, digest, "a model", "first", now=NOW, owner=LOCAL_OWNER)
        readings.save(c, digest, "a model", "words", now=NOW, owner=LOCAL_OWNER)
        readings.save(c, digest, "another", "other words", now=NOW, owner=LOCAL_OWNER)
        readings.save(c, digest, "a model", "theirs", now=NOW, owner="other")
        readings.touch(c, digest, "a model", now=NOW + 20 * DAY, owner=LOCAL_OWNER)
        assert readings.get(c, digest, "a model", owner=LOCAL_OWNER) == "words"
        assert readings.get(c, digest, "nobody", owner=LOCAL_OWNER) is None
    pruned(database, 40 * DAY)
    with database.read() as c:
        assert readings.get(c, digest, "a model", owner=LOCAL_OWNER) == "words"
        assert readings.get(c, digest, "another", owner=LOCAL_OWNER) is None
        assert readings.get(c, digest, "a model", owner="other") is None


def test_a_template_keeps_the_files_that_it_names_and_lets_go_of_the_others(database: Database) -> None:
    blob, other = kept(database), kept(database, OTHER)
    made = template("t1", sources=Sources(image=ImageSource(file=blob.id)))
    with database.write() as c:
        templates.insert(c, made, state())
        assert files_of(c, Holder.TEMPLATE, "t1") == {blob.id}
        changed = replace(made, sources=Sources(image=ImageSource(file=other.id)))
        templates.replace(c, changed, now=NOW)
        assert files_of(c, Holder.TEMPLATE, "t1") == {other.id}
        templates.replace(c, replace(made, sources=Sources(text="words")), now=NOW)
        assert files_of(c, Holder.TEMPLATE, "t1") == set()


def test_a_template_that_names_a_file_that_is_not_there_is_not_kept(database: Database) -> None:
    theirs = kept(database, owner="other")
    made = template("t1", sources=Sources(image=ImageSource(file=theirs.id)))
    with pytest.raises(InvalidInput, match="there is no such file"), database.write() as c:
        templates.insert(c, made, state())
    with database.read() as c:
        assert templates.list_all(c) == []
