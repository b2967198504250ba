"""Receive Ostinato's callbacks: check each signature, act on each event once.

WEBHOOK_SECRET=whsec_… python receiver.py [port]        (pip install standardwebhooks)
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()  # keep these where they survive a restart: an event may come more than once


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, dict(self.headers))  # the bytes as they came, before any JSON parser
        except WebhookVerificationError as error:
            return self.answer(401, str(error))
        if event["id"] not in seen:
            print(event["type"], event["sequence"], event["data"].get("callbackData"), flush=True)
            seen.add(event["id"])
        return self.answer(204)

    def answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8088), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
