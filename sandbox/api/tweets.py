"""Writing tweets: `POST /x/tweets` and `DELETE /x/tweets/{id}`."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.answers import Answer, ApiError, Json, invalid
from sandbox.api import accounts, writes
from sandbox.call import Call
from sandbox.editorial.text import weighted_length

COST = 10
LIMIT = 280
NOTE_LIMIT = 25_000
DAY = 86_400_000
MEDIA_LIFE = DAY


@dataclass(frozen=True, slots=True)
class Wish:
    """The body of `POST /x/tweets`, checked."""

    account: str
    text: str
    reply_to: int | None
    attachment_url: str | None
    community_id: str | None
    is_note: bool
    media_ids: tuple[str, ...]
    media_urls: tuple[str, ...]
    made_with_ai: bool


def create_tweet(call: Call) -> Answer:
    """`POST /x/tweets`: 10 credits. The key, its record and the tweet are written in one transaction."""
    body = call.json()
    wish = read_wish(body)
    if answer := writes.replayed(call, "create_tweet", body):
        return answer
    account = accounts.writable(call, wish.account)
    _check_length(wish)
    conversation = _conversation(call, wish.reply_to)
    media = _media(call, wish, account["id"])
    _refuse_repetition(call, account["user_id"], wish)
    call.world.charge(COST)
    tweet_id = call.world.ids.next(call.now)
    state = {"at_once": "live", "on_settle": "held", "never": "lost"}[writes.appearance(call)]
    call.world.db.execute(
        "INSERT INTO tweets (id, user_id, text, reply_to, conversation_id, created_at, state, is_note, attachment_url,"
        " community_id, media, idempotency_key, made_with_ai) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            tweet_id,
            account["user_id"],
            wish.text,
            wish.reply_to,
            conversation or tweet_id,
            call.now,
            state,
            wish.is_note,
            wish.attachment_url,
            wish.community_id,
            json.dumps(media),
            call.headers.get("idempotency-key"),
            wish.made_with_ai,
        ),
    )
    return writes.record(call, writes.Write("create_tweet", account, body, {"tweetId": str(tweet_id)}, cost=COST))


def delete_tweet(call: Call) -> Answer:
    """`DELETE /x/tweets/{id}` with `{account}` in the body: 10 credits."""
    number = call.params["id"]
    if not is_tweet_id(number):
        raise ApiError(400, "invalid_tweet_id")
    body = call.json()
    named = accounts.named_in(body)
    if answer := writes.replayed(call, "delete_tweet", body, number):
        return answer
    account = accounts.writable(call, named)
    mine = "SELECT 1 FROM tweets WHERE id = ? AND user_id = ? AND state = 'live'"
    if call.world.db.execute(mine, (int(number), account["user_id"])).fetchone() is None:
        raise ApiError(404, "tweet_not_found")
    call.world.charge(COST)
    if writes.appearance(call) == "at_once":
        call.world.db.execute("UPDATE tweets SET state = 'deleted' WHERE id = ?", (int(number),))
    return writes.record(call, writes.Write("delete_tweet", account, body, {}, target=number, cost=COST))


def is_tweet_id(text: str) -> bool:
    """Tell whether *text* could be the id of a tweet: digits that fit 63 bits."""
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) < 2**63


def read_wish(body: Json) -> Wish:
    """Return the body checked. Raises ApiError 400 naming the field that is wrong."""
    account = accounts.named_in(body)
    media_ids, media_urls = _texts(body, "media_ids"), _texts(body, "media")
    text = body.get("text", "")
    if not isinstance(text, str):
        raise invalid("text must be a string.")
    if not text.strip() and not (media_ids or media_urls):
        raise invalid("Either text or media is required")
    reply_to = body.get("reply_to_tweet_id")
    if reply_to is not None and not (isinstance(reply_to, str) and is_tweet_id(reply_to)):
        raise invalid("reply_to_tweet_id must be a tweet ID.")
    for name in ("attachment_url", "community_id"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise invalid(f"{name} must be a string.")
    for url in (*media_urls, body.get("attachment_url") or "https://x.com"):
        if urlsplit(url).scheme not in ("http", "https"):
            raise invalid("attachment_url and media take http or https URLs.")
    if not isinstance(body.get("made_with_ai", False), bool):
        raise invalid("made_with_ai must be true or false.")
    return Wish(
        account=account,
        text=text,
        reply_to=int(reply_to) if reply_to else None,
        attachment_url=body.get("attachment_url"),
        community_id=body.get("community_id"),
        is_note=body.get("is_note_tweet") is True,
        media_ids=media_ids,
        media_urls=media_urls,
        made_with_ai=body.get("made_with_ai") is True,
    )


def _texts(body: Json, name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(f"{name} must be a list of strings.")
    if len(value) > 4:
        raise invalid(f"{name} takes at most 4 images or 1 video.")
    return tuple(value)


def _check_length(wish: Wish) -> None:
    if len(wish.text) > NOTE_LIMIT:
        raise ApiError(422, "x_content_too_long", f"Even a note tweet has at most {NOTE_LIMIT} characters.")
    if not wish.is_note and (length := weighted_length(wish.text)) > LIMIT:
        raise ApiError(422, "x_content_too_long", f"The text weighs {length}; a tweet may weigh {LIMIT}.")


def _conversation(call: Call, reply_to: int | None) -> int | None:
    """Return the conversation that *reply_to* belongs to, None for a tweet that opens its own."""
    if reply_to is None:
        return None
    query = "SELECT conversation_id FROM tweets WHERE id = ? AND state = 'live'"
    row = call.world.db.execute(query, (reply_to,)).fetchone()
    if row is None:
        raise ApiError(422, "x_target_not_found")
    return int(row["conversation_id"])


def _media(call: Call, wish: Wish, account_id: int) -> list[Json]:
    found: list[Json] = []
    for media_id in wish.media_ids:
        row = None
        if is_tweet_id(media_id):
            row = call.world.db.execute(
                "SELECT kind, url FROM media WHERE id = ? AND account_id = ? AND created_at > ?",
                (int(media_id), account_id, call.now - MEDIA_LIFE),
            ).fetchone()
        if row is None:
            raise invalid(f"media_ids: {media_id} is not a media ID of this account, or is older than 24 h.")
        found.append({"type": row["kind"], "mediaUrl": row["url"], "url": row["url"]})
    for url in wish.media_urls:
        kind = "video" if urlsplit(url).path.lower().endswith(".mp4") else "photo"
        found.append({"type": kind, "mediaUrl": url, "url": url})
    if len(found) > 4 or (len(found) > 1 and any(item["type"] == "video" for item in found)):
        raise invalid("A tweet takes at most 4 images or 1 video.")
    return found


def _refuse_repetition(call: Call, user_id: int, wish: Wish) -> None:
    """Raise ApiError 422 when the account said the same under the same tweet in the last 24 h."""
    if call.world.options.repeats:
        return
    said = call.world.db.execute(
        "SELECT 1 FROM tweets WHERE user_id = ? AND text = ? AND reply_to IS ? AND created_at > ?"
        " AND state IN ('live', 'held') AND seeded = 0",
        (user_id, wish.text, wish.reply_to, call.now - DAY),
    ).fetchone()
    if said and wish.text:
        raise ApiError(422, "x_duplicate_action")
