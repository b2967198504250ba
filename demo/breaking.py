"""Breaking the demo on purpose, so that a test sees its checks fail. For tests only.

DEMO_BREAK names what is broken, several with commas between:

* `wrong_secret`: the receiver checks signatures with another secret than the daemon signs with;
* `site_gone`: the local site ends before the templates are added;
* `daemon_killed`: the daemon is killed once it is ready;
* `extra_tweet`: somebody else posts as the demo's account;
* `deleted_tweet`: the tweet is deleted behind the daemon's back.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from demo.findings import Tweet
from demo.problems import DemoError

KINDS = frozenset({"wrong_secret", "site_gone", "daemon_killed", "extra_tweet", "deleted_tweet"})
OTHER_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0IG90aGVyIHNlY3JldCEh"


def breaks(environ: Mapping[str, str]) -> frozenset[str]:
    """Give what DEMO_BREAK names. Raises DemoError for a word that it does not know."""
    named = frozenset(word.strip() for word in environ.get("DEMO_BREAK", "").split(",") if word.strip())
    if strange := named - KINDS:
        raise DemoError(f"DEMO_BREAK does not know {', '.join(sorted(strange))}; it knows {', '.join(sorted(KINDS))}")
    return named


def tamper(broken: frozenset[str], api: str, key: str, tweets: tuple[Tweet, ...]) -> None:
    """Change what the sandbox holds, through its own API."""
    with httpx.Client(base_url=api, headers={"x-api-key": key}, trust_env=False) as client:
        if "extra_tweet" in broken:
            body = {"account": tweets[0].account, "text": "Somebody else was here, and nobody asked for it."}
            client.post("/x/tweets", json=body).raise_for_status()
        if "deleted_tweet" in broken:
            client.request(
                "DELETE", f"/x/tweets/{tweets[0].id}", json={"account": tweets[0].account}
            ).raise_for_status()
