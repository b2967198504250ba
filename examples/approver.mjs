// Decide about Ostinato's posts before they go out: veto what is secret, put better words, approve the rest.
//
// WEBHOOK_SECRET=whsec_… node approver.mjs [port]        (Node's standard library only)

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");

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

function decide(posts) {
  if (posts.some((post) => /confidential/i.test(post.text))) {
    return { decision: "veto", reason: "names something confidential" };
  }
  const better = posts.map(({ id, text }) => ({ id, text: text.replaceAll("utilise", "use") }));
  return { decision: "replace", posts: better }; // unchanged texts are as good as approved
}

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()); // the bytes as they came, before any JSON parser
  if (!verified(request.headers, body)) return response.writeHead(401).end("No matching signature found");
  const { type, data } = JSON.parse(body);
  if (type !== "pre_publish") return response.writeHead(204).end(); // `ostinato callback test`
  response.end(JSON.stringify({ ...decide(data.posts), revision: data.revision }));
});
server.listen(process.argv[2] ?? 8089, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
