"""A client of the compatible operations over real sockets: create, a scheduled run, its post, refine, the callback."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from tests.acceptance.stage import Stage, stage, wait_for

TEXT = (
    "The new tram line 7 opens on Tuesday with twelve stops between the harbour and the university. "
    "A ride takes 24 minutes, which is half of what the bus needs today. "
    "The city paid 310 million euros for the line and built it in four years. "
    "On the first weekend all rides are free for everybody."
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def client(here: Stage) -> httpx.Client:
    """Start a daemon with its HTTP door, and give a client with a token for everything."""
    port = free_port()
    made = here.run("token", "create", "client", "--scope", "read", "--scope", "write", "--scope", "publish")
    here.daemon(OSTINATO_HTTP_PORT=str(port)).wait_for_line(r"http\.listening")
    bearer = {"Authorization": f"Bearer {made['token']}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=bearer, trust_env=False, timeout=30)


def done(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def awaiting_approval(api: httpx.Client) -> list[dict[str, Any]]:
    return [post for post in done(api.get("/x/posts"))["posts"] if post["status"] == "awaiting_approval"]


def test_a_post_is_scheduled_written_refined_published_and_told_of(tmp_path: Path) -> None:
    with stage(tmp_path) as here, client(here) as api:
        hook = done(api.post("/content/Webhook", json={"url": f"{here.receiver_url}/compatible"}))
        fields = {
            "type": "tweet",
            "text": TEXT,
            "prompt": "plain words",
            "tweetStyle": "OneLiner",
            "isScheduled": "true",
            "dailyCount": "2",
            "callbackData": " mine ü ",
            "account": "ostinato_demo",
            "approval": "approve",
        }
        made = done(api.post("/x/post", files=[(name, (None, value.encode())) for name, value in fields.items()]))
        (template,) = done(api.get("/x/recurring"))["templates"]
        assert (template["id"], template["dailyCount"]) == (made["schedule_id"], 2)

        (post,) = wait_for(lambda: awaiting_approval(api), "the post")
        assert post["scheduleId"] == made["schedule_id"]
        assert done(api.get(f"/content/Status/{post['requestId']}"))["status"] == 70
        refined = done(api.post("/x/refine", json={"tweetId": post["id"], "prompt": "short, with numbers"}))["post"]
        assert (refined["id"], refined["createdOn"]) == (post["id"], post["createdOn"])
        assert refined["result"] != post["result"]
        here.run("run", "approve", post["requestId"])

        told = wait_for(lambda: here.tried("/compatible"), "the callback")
        shown = done(api.get(f"/x/posts/{post['id']}"))["post"]
        assert (shown["result"], shown["status"]) == (refined["result"], "published")
        assert [tweet["text"] for tweet in here.tweets("")][-1:] == [refined["result"]]
        assert len(here.tweets(refined["result"])) == 1
        (only,) = told
        said = Webhook(hook["secret"]).verify(only["body"], only["headers"])
        assert (said["event"], said["request_id"], said["schedule_id"]) == (
            "request.succeeded",
            post["requestId"],
            made["schedule_id"],
        )
        assert (said["callbackData"], said["status"], said["posts"][0]["tweetUrl"]) == (
            " mine ü ",
            100,
            shown["tweetUrl"],
        )
        late = api.post("/x/refine", json={"tweetId": post["id"], "prompt": "shorter"})
        assert (late.status_code, late.json()["success"]) == (409, False)
