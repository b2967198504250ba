// Receive Ostinato's callbacks: check each signature, act on each event once. Node's standard library only.
//
// WEBHOOK_SECRET=whsec_… node receiver.mjs [port]

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const seen = new Set(); // keep these where they survive a restart: an event may come more than once

function verified(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - sent) < 300)) return false;
  const expected = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const [version, signature] = one.split(",");
    const given = Buffer.from(signature ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()); // the bytes as they came, before any JSON parser
  if (!verified(request.headers, body)) return response.writeHead(401).end("No matching signature found");
  const event = JSON.parse(body);
  if (!seen.has(event.id)) console.log(event.type, event.sequence, event.data.callbackData);
  seen.add(event.id);
  response.writeHead(204).end();
});
server.listen(process.argv[2] ?? 8088, "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`));
