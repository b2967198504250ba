import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.sandbox_door import ME, opened

KEY = {"x-api-key": "xq_test"}


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `python -m sandbox` on a free port; give the process and its base URL."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            match = re.fullmatch(r"sandbox listening on (http://127\.0\.0\.1:\d+/api/v1)\n", line)
            assert match, line
            yield running, match[1]
        finally:
            running.kill()


def write(base: str, text: str, key: str) -> httpx.Response:
    body = {"account": ME, "text": text}
    return httpx.post(f"{base}/x/tweets", json=body, headers=KEY | {"Idempotency-Key": key})


def test_what_was_answered_for_survives_sigkill(tmp_path: Path) -> None:
    database = str(tmp_path / "sandbox.sqlite3")
    with process("--database", database) as (running, base):
        admin = base.replace("/api/v1", "/_sandbox")
        httpx.post(f"{admin}/faults", json={"kind": "error", "times": 3, "match": {"path": "/x/media"}})
        media = {"account": ME, "url": "https://example.com/a.png"}
        assert httpx.post(f"{base}/x/media", json=media, headers=KEY).status_code == 500
        first = write(base, "Before the crash", "k-1").json()
        os.kill(running.pid, signal.SIGKILL)
        running.wait(10)
    with process("--database", database) as (_, base):
        admin = base.replace("/api/v1", "/_sandbox")
        again = write(base, "Before the crash", "k-1").json()
        assert (again["tweetId"], again["idempotent"]) == (first["tweetId"], True)
        assert int(write(base, "After the crash", "k-2").json()["tweetId"]) > int(first["tweetId"])
        assert [tweet["text"] for tweet in httpx.get(f"{admin}/tweets").json()["tweets"]] == [
            "Before the crash",
            "After the crash",
        ]
        fault = httpx.get(f"{admin}/faults").json()["faults"][0]
        assert (fault["fired"], fault["times"]) == (1, 3)
        assert httpx.get(f"{base}/credits", headers=KEY).json()["balance"] == "76980"


def test_the_process_takes_its_options_from_the_command_line() -> None:
    with process("--api", "seed", "--api-key", "xq_only", "--no-limits") as (_, base):
        assert httpx.get(f"{base}/credits", headers=KEY).status_code == 401
        own = {"x-api-key": "xq_only", "Idempotency-Key": "k"}
        answer = httpx.post(f"{base}/x/tweets", json={"account": ME, "text": "Hi"}, headers=own)
        assert set(answer.json()) == {"tweetId", "success"}


def test_an_interrupt_ends_it_cleanly() -> None:
    with process() as (running, _):
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) in (0, -signal.SIGTERM)


def test_a_pending_write_settles_after_a_restart(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with opened(database=database) as door:
        door.fault("pending", settle_after=60)
        number = door.post("Later").json()["id"]
    with opened(database=database) as door:
        assert door.api.get(f"/x/write-actions/{number}").status_code == 202
        door.clock.now += 61
        assert door.api.get(f"/x/write-actions/{number}").json()["success"] is True


def test_ids_grow_even_when_the_clock_has_stepped_back(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite3"
    with opened(database=database) as door:
        first = int(door.post("One").json()["tweetId"])
    with opened(database=database) as door:
        door.clock.now -= 3600
        assert int(door.post("Two").json()["tweetId"]) > first


def test_two_new_sandboxes_are_planted_alike() -> None:
    def planted() -> list[object]:
        with opened() as door:
            return list(door.admin.get("/tweets", params={"seeded": "true"}).json()["tweets"])

    assert planted() == planted()


@pytest.mark.parametrize("path", ["/", "/@ostinato_demo", "/status/{id}", "/i/status/{id}"])
def test_pages_show_what_was_written_and_escape_it(path: str) -> None:
    with opened() as door:
        first = door.post("<script>alert('x')</script> & https://example.com/?a=<b>").json()["tweetId"]
        last = door.post("Second part", reply_to_tweet_id=first).json()["tweetId"]
        page = httpx.get(door.server.origin + path.format(id=last), follow_redirects=True)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp;" in page.text
        assert page.text.index("&lt;script") < page.text.index("Second part")
        assert "src=" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_pages_that_do_not_exist_say_so() -> None:
    with opened() as door:
        for path in ("/@nobody", "/status/1", "/status/x", "/media/1.png"):
            assert httpx.get(door.server.origin + path).status_code == 404
