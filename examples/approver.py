"""Decide about Ostinato's posts before they go out: veto what is secret, put better words, approve the rest.

WEBHOOK_SECRET=whsec_… python approver.py [port]        (pip install standardwebhooks)
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


def decide(posts: list[dict[str, str]]) -> dict[str, object]:
    if any("confidential" in post["text"].lower() for post in posts):
        return {"decision": "veto", "reason": "names something confidential"}
    better = [{"id": post["id"], "text": post["text"].replace("utilise", "use")} for post in posts]
    return {"decision": "replace", "posts": better}  # unchanged texts are as good as approved


class Approver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            asked = webhook.verify(body, dict(self.headers))  # the bytes as they came, before any JSON parser
        except WebhookVerificationError as error:
            return self.answer(401, str(error))
        if asked["type"] != "pre_publish":  # `ostinato callback test`
            return self.answer(204)
        decided = decide(asked["data"]["posts"]) | {"revision": asked["data"]["revision"]}
        return self.answer(200, json.dumps(decided))

    def answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8089), Approver)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
