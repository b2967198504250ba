from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from commands import wiring
from domain.event import DeliveryStatus, EventType, NewEvent
from domain.template import TemplateStatus
from sandbox.serve import SandboxServer
from scheduler.operations import callbacks
from settings import load
from storage import deliveries, events, templates
from tests.integration.callback_receiver import receiving
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour news</title><link>https://example.com</link>
<item><guid>1</guid><title>The ferry is back</title><link>https://example.com/ferry</link>
<description>The ferry to the island runs again from Monday, after 14 weeks in the yard.</description></item>
</channel></rss>"""


@pytest.fixture
def ostinato(tmp_path: Path, sandbox: SandboxServer) -> CommandLine:
    environ = {
        "OSTINATO_XQUIK_URL": sandbox.base_url,
        "OSTINATO_XQUIK_KEY": "xq_test",
        "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    return CommandLine(tmp_path / "home", environ)


@contextmanager
def serving(pages: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = pages.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_accounts_are_listed_with_their_health(ostinato: CommandLine) -> None:
    accounts = ostinato.json("account", "list")["accounts"]

    assert [(each["username"], each["healthy"]) for each in accounts] == [
        ("ostinato_de", True),
        ("ostinato_demo", True),
        ("ostinato_lab", True),
    ]
    assert "ostinato_lab" in ostinato("account", "list").output


def test_a_key_that_is_refused_ends_with_the_apis_exit_code(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_XQUIK_KEY"] = "wrong"

    assert ostinato.refused("account", "list", code=6)["code"] == "api"


def test_without_a_key_commands_that_need_one_say_so(ostinato: CommandLine) -> None:
    del ostinato.environ["OSTINATO_XQUIK_KEY"]

    for words in (["account", "list"], ["score", "x"], ["style", "fetch", "acme"]):
        assert "OSTINATO_XQUIK_KEY" in ostinato.refused(*words, code=3)["fields"]


def test_a_text_is_scored_by_the_api_or_by_our_own_copy_of_its_checks(ostinato: CommandLine) -> None:
    text = "We measured 412 cold starts of the scheduler. Half take under 80 ms. What do yours take?"

    by_api, by_us = ostinato.json("score", text), ostinato.json("score", text, "--local")

    assert (by_api["scored_by"], by_us["scored_by"]) == ("xquik", "local")
    assert by_api["value"] == by_us["value"] == 90
    assert len(by_api["checks"]) == 11
    assert ostinato.json("score", text, "--local", "--media")["value"] == 100
    assert ostinato.refused("score", " ", code=2)["code"] == "invalid_input"


def test_an_authors_style_is_fetched_and_kept(ostinato: CommandLine) -> None:
    fetched = ostinato.json("style", "fetch", "@marcus_builds")

    assert fetched["count"] > 10
    assert ostinato.json("style", "show", "marcus_builds")["samples"] == fetched["samples"]
    assert [each["name"] for each in ostinato.json("style", "list")["styles"]] == ["marcus_builds"]
    assert ostinato.refused("style", "show", "nobody", code=4)["code"] == "not_found"


def test_an_author_who_does_not_exist_is_an_outside_failure(ostinato: CommandLine) -> None:
    assert ostinato.refused("style", "fetch", "nobody_at_all", code=8)["code"] == "source"


def test_own_samples_are_saved_here_and_at_the_api(ostinato: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "samples.txt"
    path.write_text("First post.\nStill the first.\n---\nSecond post.\n---\n\n")

    saved = ostinato.json("style", "save", "our-voice", str(path))

    assert saved["samples"] == ["First post.\nStill the first.", "Second post."]
    # The API has them too: another installation with the same key can fetch them.
    other = CommandLine(tmp_path / "other", ostinato.environ)
    assert other.json("style", "fetch", "our-voice")["count"] == 2


def test_own_samples_need_no_key(ostinato: CommandLine, tmp_path: Path) -> None:
    del ostinato.environ["OSTINATO_XQUIK_KEY"]
    path = tmp_path / "samples.txt"
    path.write_text("First post.")

    assert ostinato.json("style", "save", "our-voice", str(path))["count"] == 1
    path.write_text(" \n---\n")
    ostinato("style", "save", "our-voice", str(path), code=2)
    ostinato("style", "save", "a name with blanks", str(path), code=2)


def test_a_feed_is_read_before_it_is_added(ostinato: CommandLine) -> None:
    with serving({"/feed.xml": ("application/rss+xml", RSS), "/page": ("text/html", b"<p>no feed</p>")}) as site:
        added = ostinato.json("feed", "add", f"{site}/feed.xml")
        error = ostinato.refused("feed", "add", f"{site}/page", code=8)

    assert (added["title"], added["failures"], added["entries"]) == ("Harbour news", 0, 1)
    assert error["code"] == "source"
    assert [each["url"] for each in ostinato.json("feed", "list")["feeds"]] == [added["url"]]
    assert ostinato.json("feed", "remove", str(added["id"]))["id"] == added["id"]
    assert ostinato.refused("feed", "remove", added["url"], code=4)["code"] == "not_found"


def test_a_feed_without_entries_is_added_with_a_warning(ostinato: CommandLine) -> None:
    empty = RSS[: RSS.index(b"<item>")] + b"</channel></rss>"
    with serving({"/feed.xml": ("application/rss+xml", RSS), "/empty.xml": ("application/rss+xml", empty)}) as site:
        assert "(1 entry read)" in ostinato("feed", "add", f"{site}/feed.xml").output
        assert "Warning: the feed has no entries" in ostinato("feed", "add", f"{site}/empty.xml").stderr


def test_a_feed_on_a_private_address_is_refused_unless_its_network_is_allowed(ostinato: CommandLine) -> None:
    del ostinato.environ["OSTINATO_ALLOW_NETWORKS"]
    with serving({"/feed.xml": ("application/rss+xml", RSS)}) as site:
        assert ostinato.refused("feed", "add", f"{site}/feed.xml", code=8)["code"] == "source"


def test_a_feed_that_a_template_reads_cannot_be_removed(ostinato: CommandLine) -> None:
    feed = ostinato.json("feed", "add", "https://example.com/feed.xml", "--unread")
    ostinato.add(f'name = "a"\naccount = "acme"\ntype = "tweet"\nfeedIds = [{feed["id"]}]\n')

    assert ostinato.refused("feed", "remove", str(feed["id"]), code=5)["code"] == "conflict"
    assert ostinato.refused("feed", "add", "no url", code=2)["code"] == "invalid_input"


def test_a_sample_shows_what_would_be_posted_and_posts_and_stores_nothing(
    ostinato: CommandLine, sandbox: SandboxServer
) -> None:
    text = (
        "We measured 412 cold starts of the scheduler on a small machine last week. Half of them took under 80"
        " milliseconds. The slowest took 2.1 seconds because a disk was full. We check the disk first now."
    )
    ostinato.add(f'name = "a"\naccount = "ostinato_demo"\ntype = "tweet"\ntext = "{text}"\nminimum_score = 0\n')

    sample = ostinato.json("template", "preview", "a", "--sample")["sample"]

    assert [each["kind"] for each in sample["material"]] == ["text"]
    assert any(each["chosen"] for each in sample["drafts"])
    assert sample["choice_reason"]
    assert ostinato.json("run", "list") == {"runs": []}
    assert ostinato.json("post", "list") == {"posts": []}


def test_a_sample_names_the_sources_that_gave_nothing(ostinato: CommandLine) -> None:
    with serving({}) as site:
        ostinato.add(f'name = "a"\naccount = "ostinato_demo"\ntype = "tweet"\nurl = "{site}/gone"\n')
        sample = ostinato.json("template", "preview", "a", "--sample")["sample"]

    assert [each["reference"] for each in sample["rejected"]] == [f"{site}/gone"]
    assert sample["drafts"] == []


def test_a_test_callback_is_sent_at_once_and_signed(ostinato: CommandLine) -> None:
    with receiving() as receiver:
        added = ostinato.add(
            f'name = "a"\naccount = "acme"\ntype = "tweet"\ntext = "x"\ncallback_url = "{receiver.address}/hook"\n'
        )
        (hook,) = ostinato.json("callback", "list")["webhooks"]
        tested = ostinato.json("callback", "test", hook["id"])
        by_name = ostinato.json("callback", "test", "a")
        receiver.will("/hook", 500)
        refused = ostinato.refused("callback", "test", hook["id"], code=8)

        assert tested == by_name == {"webhook_id": hook["id"], "accepted": True}
        assert receiver.at("/hook")[0].verified(added["callback_secret"])["type"] == "callback.test"
    assert refused["code"] == "delivery"
    assert ostinato.refused("callback", "test", "nope", code=4)["code"] == "not_found"


def test_the_settings_webhooks_follow_the_settings(ostinato: CommandLine) -> None:
    ostinato("template", "list")
    settings = load({"OSTINATO_HOME": str(ostinato.home)})
    cipher = wiring.cipher(settings)

    def configure(url: str | None, secret: str | None = None) -> None:
        with ostinato.database() as database:
            callbacks.configure(database, cipher, url=url, secret=secret, command=None, hook=None, now=NOW)

    configure("https://hooks.example/a")
    (first,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    configure("https://hooks.example/b")
    (second,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    configure(None)
    (third,) = ostinato.json("callback", "list", "--secrets")["webhooks"]

    assert (first["id"], first["active"], first["secret"][:6]) == ("settings-url", True, "whsec_")
    assert (second["url"], second["secret"]) == ("https://hooks.example/b", first["secret"])
    assert third["active"] is False


def test_a_delivery_that_was_given_up_is_sent_again_on_request(ostinato: CommandLine) -> None:
    ostinato.add(
        'name = "a"\naccount = "acme"\ntype = "tweet"\ntext = "x"\ncallback_url = "https://hooks.example/in"\n'
    )
    template = ostinato.json("template", "show", "a")
    with ostinato.database() as database, database.write() as connection:
        events.record(connection, [NewEvent("e1", EventType.RUN_FAILED, NOW, {}, template_id=template["id"])])
        (due,) = deliveries.due(connection, NOW, 10)
        deliveries.record_failure(
            connection, due.delivery.id, status=500, error="answered 500", now=NOW, next_attempt_at=None,
            dead=True, duration_ms=3,
        )  # fmt: skip

    (dead,) = ostinato.json("callback", "list", "--status", "dead")["deliveries"]
    assert (dead["last_error"], dead["event"]) == ("answered 500", "run.failed")
    assert ostinato.json("callback", "redeliver", dead["id"]) == {"queued": 1}
    (again,) = ostinato.json("callback", "list")["deliveries"]
    assert (again["status"], again["attempts"]) == (DeliveryStatus.PENDING.value, 0)
    assert ostinato.json("callback", "redeliver", "--all-dead") == {"queued": 0}
    ostinato("callback", "redeliver", code=2)


def test_status_exits_with_1_until_the_failures_are_read(ostinato: CommandLine) -> None:
    template = ostinato.add('name = "a"\naccount = "acme"\ntype = "tweet"\ntext = "x"\nis_active = false\n')
    data = {"template": {"name": "a"}, "run": {"id": "r1", "detail": "the API refused the post"}}
    failure = NewEvent("e1", EventType.RUN_FAILED, NOW, data, template_id=template["id"])
    with ostinato.database() as database, database.write() as connection:
        events.record(connection, [failure])

    status = ostinato.json("status", code=1)
    assert [each["id"] for each in status["unread_failures"]] == ["e1"]
    assert "the API refused the post" in ostinato("status", code=1).output
    assert "1 failure is marked as read" in ostinato("status", "--ack", "--dry-run", code=1).output
    assert ostinato.json("status", "--ack")["acknowledged"] == 1
    assert ostinato.json("status")["unread_failures"] == []


def test_status_exits_with_1_while_templates_are_due_and_no_daemon_runs(ostinato: CommandLine) -> None:
    template = ostinato.add('name = "a"\naccount = "acme"\ntype = "tweet"\ntext = "x"\n')
    assert ostinato.json("status")["overdue"] is False
    with ostinato.database() as database, database.write() as connection:
        templates.set_status(connection, template["id"], TemplateStatus.ACTIVE, now=NOW, next_slot_at=NOW)

    assert ostinato.json("status", code=1)["overdue"] is True
    assert "no daemon runs" in ostinato("status", "--ack", code=1).output
