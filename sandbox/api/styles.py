"""Cached styles: how an author writes, as the author's recent tweets. `xUsername` is the key."""

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from sandbox.answers import Answer, ApiError, Json, invalid, iso
from sandbox.api.reading import COUNTERS, TWEETS
from sandbox.api.users import USERNAME, find_user
from sandbox.call import Call
from sandbox.database import get_meta

if TYPE_CHECKING:
    from sandbox.world import World

FRESH = 7 * 86_400_000
MOST = 100  # tweets in a style
MOST_STYLES = 200


def fetch_style(call: Call) -> Answer:
    """`POST /styles`: 201 when fetched, a credit per tweet; 200 and free while the cache is under seven days old."""
    username = _username(call.json())
    row = _row(call.world, username)
    if row and not row["custom"] and call.now - row["fetched_at"] < FRESH:
        return Answer(_view(call.world, row))
    user = find_user(call.world, username)
    if user is None:
        raise ApiError(404, "user_not_found")
    query = f"{TWEETS} WHERE tweets.user_id = ? AND state = 'live' AND reply_to IS NULL ORDER BY tweets.id DESC LIMIT ?"
    rows = call.world.db.execute(query, (user["id"], MOST)).fetchall()
    rows = rows[: call.world.affordable(len(rows))]
    call.world.charge(len(rows))
    tweets = [
        {
            "id": str(tweet["id"]),
            "text": tweet["text"],
            "authorUsername": tweet["username"],
            "createdAt": iso(tweet["created_at"]),
        }
        for tweet in rows
    ]
    return Answer(_keep(call, user["username"], tweets, custom=False), 201)


def list_styles(call: Call) -> Answer:
    """`GET /styles`: at most 200, the newest fetched first. Free."""
    return Answer({"styles": summaries(call.world), "hasMore": False})


def save_style(call: Call) -> Answer:
    """`PUT /styles/{username}`: keep a style of one's own; the label, in lower case, is its name. Free."""
    body = call.json()
    label, texts = body.get("label"), body.get("tweets")
    if not isinstance(label, str) or not 1 <= len(label.strip()) <= 30:
        raise invalid("label must have 1 to 30 characters.")
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST:
        raise invalid("tweets must be a list of 1 to 100 objects with a text each.")
    tweets: list[Json] = []
    for number, tweet in enumerate(texts):
        text = tweet.get("text") if isinstance(tweet, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise invalid(f"tweets[{number}].text is required.")
        author = label.strip().lower()
        tweets.append({"id": str(number), "text": text, "authorUsername": author, "createdAt": iso(call.now)})
    return Answer(_keep(call, label.strip(), tweets, custom=True))


def get_style(call: Call) -> Answer:
    """`GET /styles/{username}`. Free."""
    return Answer(_view(call.world, _found(call.world, call.params["username"])))


def delete_style(call: Call) -> Answer:
    """`DELETE /styles/{username}`: 204. Free."""
    row = _found(call.world, call.params["username"])
    call.world.db.execute("DELETE FROM styles WHERE username = ?", (row["username"],))
    return Answer(None, 204)


def compare_styles(call: Call) -> Answer:
    """`GET /styles/compare?username1=&username2=`. Free."""
    names = call.query.get("username1", ""), call.query.get("username2", "")
    if not all(names):
        raise ApiError(400, "missing_params", "username1 and username2 are required.")
    first, second = (_view(call.world, _found(call.world, name)) for name in names)
    return Answer({"style1": first, "style2": second})


def get_performance(call: Call) -> Answer:
    """`GET /styles/{username}/performance`: live counters of the cached tweets, a credit per tweet."""
    row = _found(call.world, call.params["username"])
    ids = [] if row["custom"] else [int(tweet["id"]) for tweet in json.loads(row["tweets"])]
    marks = ",".join("?" * len(ids))
    query = f"SELECT id, text, metrics FROM tweets WHERE state = 'live' AND id IN ({marks}) ORDER BY id DESC"  # noqa: S608
    rows = call.world.db.execute(query, ids).fetchall()
    rows = rows[: call.world.affordable(len(rows))]
    call.world.charge(len(rows))
    tweets = [
        {"id": str(tweet["id"]), "text": tweet["text"], **dict.fromkeys(COUNTERS, 0), **json.loads(tweet["metrics"])}
        for tweet in rows
    ]
    return Answer({"xUsername": row["shown_as"], "tweetCount": len(tweets), "tweets": tweets})


def summaries(world: "World") -> list[Json]:
    """Return every style without its tweets, the newest fetched first."""
    rows = world.db.execute("SELECT * FROM styles ORDER BY fetched_at DESC, username LIMIT ?", (MOST_STYLES,))
    return [{name: value for name, value in _view(world, row).items() if name != "tweets"} for row in rows]


def find(world: "World", named: str) -> Json | None:
    """Return the style of that name with its tweets, None when there is none."""
    row = _row(world, named)
    return _view(world, row) if row else None


def _username(body: Json) -> str:
    username: Any = body.get("username")
    name = username.strip().removeprefix("@") if isinstance(username, str) else ""
    if not USERNAME.fullmatch(name):
        raise invalid("username is required: 1 to 15 letters, digits or underscores.")
    return name


def _row(world: "World", named: str) -> sqlite3.Row | None:
    name = named.strip().removeprefix("@").lower()
    row: sqlite3.Row | None = world.db.execute("SELECT * FROM styles WHERE username = ?", (name,)).fetchone()
    return row


def _found(world: "World", named: str) -> sqlite3.Row:
    row = _row(world, named)
    if row is None:
        raise ApiError(404, "style_not_found")
    return row


def _keep(call: Call, shown_as: str, tweets: list[Json], *, custom: bool) -> Json:
    name = shown_as.lower()
    call.world.db.execute(
        "INSERT OR REPLACE INTO styles (username, shown_as, custom, tweets, fetched_at) VALUES (?, ?, ?, ?, ?)",
        (name, name if custom else shown_as, custom, json.dumps(tweets, ensure_ascii=False), call.now),
    )
    return _view(call.world, _found(call.world, name))


def _view(world: "World", row: sqlite3.Row) -> Json:
    tweets = json.loads(row["tweets"])
    return {
        "xUsername": row["shown_as"],
        "tweetCount": len(tweets),
        "isOwnAccount": not row["custom"] and row["username"] == get_meta(world.db, "x_identity"),
        "fetchedAt": iso(row["fetched_at"]),
        "tweets": tweets,
    }
