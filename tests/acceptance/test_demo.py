"""The demo as a new user runs it: real processes, what they printed, and the exit code when something is broken."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from demo.asking import Asked, read_asked
from demo.planning import ORDER, plan, write_templates
from demo.problems import DemoError
from demo.processes import clean_environment
from demo.receiver import Mailbox, receiving
from demo.serving import ServerThread
from demo.site import PLANTED, Site

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes or more").decode()
PAUSE = threading.Event()  # never set: a moment for the processes between two looks


def run_demo(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=clean_environment(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def wait_for(found: Callable[[], bool], what: str, *, within: float = 40.0) -> None:
    deadline = time.monotonic() + within
    while not found():
        assert time.monotonic() < deadline, f"{what} did not come within {within} s"
        PAUSE.wait(0.05)


def test_the_demo_shows_everything_and_exits_with_zero() -> None:
    began = time.monotonic()
    done = run_demo()
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 60
    printed = done.stdout
    assert "\x1b" not in printed
    assert "How Lindhaven got its night back" in printed
    assert "Eleven weeks without a meeting before noon" in printed
    assert "Why it won: d" in printed
    assert "No hashtags" in printed
    assert "https://x.com/i/status/" in printed
    assert "@ostinato_lab · 2 of" in printed
    assert "run.succeeded" in printed
    assert "webhook-signature" in printed
    assert "nothing_new" in printed
    assert PLANTED not in printed
    assert "13 of 13 checks hold" in printed
    assert "✗" not in printed.partition("Did all of that truly happen?")[2]


def test_a_wrong_secret_and_a_sandbox_changed_by_others_are_noticed() -> None:
    done = run_demo(DEMO_BREAK="wrong_secret,extra_tweet,deleted_tweet")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ every callback's signature is valid" in done.stdout
    assert "✗ a callback arrived for every event" in done.stdout
    assert "✗ the sandbox holds the posted tweets and no others" in done.stdout
    assert "not in the sandbox: " in done.stdout
    assert "in the sandbox, though no run posted it: 'Somebody else was here" in done.stdout
    assert "✓ every published word is a source's" in done.stdout


def test_a_site_that_is_gone_is_said_in_one_line() -> None:
    done = run_demo(DEMO_BREAK="site_gone")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "page-to-tweet posted nothing (sources_failed)" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


WALL = """<html><head><title>Before you continue</title></head><body><h1>Before you continue</h1>
<p>We and our 842 partners use cookies and similar technologies to store and access information on your device. Accept
all cookies to continue reading.</p><button>Accept all</button></body></html>"""


class WalledSite(Site):
    """The demo's site, with one page behind a cookie wall."""

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        if self.path == "/walled":
            self.answer(200, "text/html", WALL.encode())
        else:
            super().do_GET()


def test_a_page_of_the_readers_that_is_a_wall_is_said_in_one_line() -> None:
    with ServerThread(WalledSite) as origin:
        done = run_demo(URL=f"{origin}/walled", FEED=f"{origin}/feed.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f'feeds = [{{ url = "{origin}/feed.xml", backlog = "latest" }}]' in done.stdout
    assert f"{origin}/walled: a cookie or consent wall" in done.stderr
    assert done.stderr.strip().endswith("name another one with URL=…")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_daemon_that_died_is_noticed_with_the_end_of_its_log() -> None:
    done = run_demo(DEMO_BREAK="daemon_killed")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the daemon ended before its work was done" in done.stderr
    assert "daemon.ready" in done.stderr


def test_a_demo_out_of_time_says_so_with_the_remedy() -> None:
    done = run_demo(DEMO_TIMEOUT="1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "DEMO_TIMEOUT=120" in done.stderr


@contextmanager
def serving_demo() -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """Start a demo that keeps running; give it with the lines that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=clean_environment(os.environ) | {"SERVE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        try:
            yield demo, iter(demo.stdout)
        finally:
            demo.kill()


def place(lines: Iterator[str], name: str) -> str:
    return next(found[1] for line in lines if (found := re.search(rf"^{name}\s+(\S+)", line)))


def test_served_the_timeline_can_be_looked_at_until_ctrl_c() -> None:
    with serving_demo() as (demo, lines):
        assert any("It keeps running" in line for line in lines)
        sandbox, home = place(lines, "sandbox"), place(lines, "home")
        assert "lighting had fallen by 61 percent" in httpx.get(sandbox, trust_env=False).text
        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0
        assert not processes_of(home)
        assert not Path(home).exists()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_process_outlives_the_demo(how: signal.Signals, code: int) -> None:
    with serving_demo() as (demo, lines):
        home = place(lines, "home")
        assert processes_of(home)
        demo.send_signal(how)
        assert demo.wait(20) == code
        wait_for(lambda: not processes_of(home) and not Path(home).exists(), "the clearing up", within=15)


def processes_of(home: str) -> list[str]:
    """Give the processes, the ended ones left out, that were started with *home* in their words or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            continue
        if home.encode() in words + environment:
            found.append(folder.name)
    return found


def test_the_site_serves_its_page_its_feed_and_the_entries() -> None:
    with ServerThread(Site) as origin:
        page = httpx.get(f"{origin}/page", trust_env=False)
        feed = httpx.get(f"{origin}/feed.xml", trust_env=False)
        note = httpx.get(f"{origin}/notes/eleven-weeks", trust_env=False)
        missing = httpx.get(f"{origin}/notes/none", trust_env=False)
    assert "412" in page.text
    assert PLANTED in page.text
    assert f"{origin}/notes/eleven-weeks" in feed.text
    assert "17 map sheets" in note.text
    assert missing.status_code == 404
    assert "{{" not in page.text + feed.text + note.text


def test_the_receiver_keeps_every_request_and_refuses_those_it_cannot_verify() -> None:
    body = '{"id": "e1"}'
    now = datetime.now(UTC)
    headers = {"webhook-id": "e1", "webhook-timestamp": str(int(now.timestamp()))}
    signature = Webhook(SECRET).sign("e1", now, body)
    with ServerThread(receiving(Mailbox(SECRET))) as origin:
        good = httpx.post(origin, content=body, headers=headers | {"webhook-signature": signature}, trust_env=False)
        forged = httpx.post(
            origin, content=body + " ", headers=headers | {"webhook-signature": signature}, trust_env=False
        )
        bare = httpx.post(origin, content=body, trust_env=False)
        received = httpx.get(f"{origin}/received", trust_env=False).json()["received"]
    assert [answer.status_code for answer in (good, forged, bare)] == [200, 401, 401]
    assert [each["problem"] is None for each in received] == [True, False, False]
    assert received[0]["body"] == body
    assert received[0]["headers"]["webhook-signature"] == signature


def test_addresses_of_the_reader_are_written_into_the_templates_as_they_are(tmp_path: Path) -> None:
    page = 'https://example.com/a"b\\c?x=1'
    files = write_templates(tmp_path, page=page, feed="https://example.com/feed")
    assert [file.stem for file in files] == list(ORDER)
    assert 'url = "https://example.com/a\\"b\\\\c?x=1"' in files[0].read_text()
    assert [one.reason for one in plan(files)] == [None, None, "nothing_new"]


def test_what_the_reader_asked_is_read_from_the_environment() -> None:
    assert read_asked({"URL": "", "FEED": " ", "SERVE": "0"}) == Asked()
    asked = read_asked({"URL": "https://example.com/a", "SERVE": "1", "DEMO_TIMEOUT": "90"})
    assert asked == Asked(page="https://example.com/a", serve=True, limit=90)


@pytest.mark.parametrize(
    ("name", "value"),
    [("URL", "example.com"), ("FEED", "file:///etc/passwd"), ("DEMO_TIMEOUT", "soon"), ("DEMO_BREAK", "all")],
)
def test_a_wrong_wish_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(DemoError, match=name):
        read_asked({name: value})
