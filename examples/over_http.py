"""Have a post written over HTTP, read it, approve it, and wait until it is out.

OSTINATO_URL=http://127.0.0.1:8780 OSTINATO_TOKEN=ost_… python over_http.py ACCOUNT "What is to be told."
(pip install httpx; the token needs the scopes read, write and publish; a daemon must run)
"""

from __future__ import annotations

import os
import sys
import uuid

from ostinato_client import ApiError, Client

ENDS = ("run.succeeded", "run.failed", "run.skipped")


def tell(client: Client, account: str, text: str) -> str:
    """Give the URL of a post of *account* that was made of *text*. Raises RuntimeError when none went out."""
    made = client.create_template(
        name=f"told-{uuid.uuid4().hex[:8]}",
        account=account,
        type="tweet",
        text=text,
        approval="approve",
        is_active=False,  # it runs when it is asked to, and by no schedule
        idempotency_key=str(uuid.uuid4()),
    )
    run = client.run_template(made["id"], idempotency_key=str(uuid.uuid4()))
    events = client.follow_events(template=made["id"], wait=30)
    for event in events:
        if event["type"] == "run.held":
            held = client.get_run(run["id"])
            print("\n\n".join(post["text"] for post in held["posts"]))
            client.approve_run(run["id"], revision=held["revision"], note="read over HTTP")
        if event["type"] in ENDS:
            break
    done = client.get_run(run["id"])
    urls = [post["url"] for post in done["posts"] if post["url"]]
    client.delete_template(made["id"])
    if not urls:
        raise RuntimeError(done["sentence"])
    return urls[0]


def main() -> None:
    account, text = sys.argv[1:]
    with Client(os.environ["OSTINATO_URL"], os.environ["OSTINATO_TOKEN"]) as client:
        try:
            print(tell(client, account, text))
        except (ApiError, RuntimeError) as error:
            raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
