"""Reading tweets: one by id, and search in X's syntax."""

import re
import sqlite3
from dataclasses import dataclass

from sandbox.answers import Answer, ApiError
from sandbox.api.reading import PAGE, TWEETS, before, page_of, tweet_view
from sandbox.api.tweets import is_tweet_id
from sandbox.api.users import find_user
from sandbox.call import Call

SCANNED = 5000  # newest tweets that a search looks at
MOST = 200
_TERM = re.compile(r'(-?)(?:"([^"]+)"|(\S+))')


def get_tweet(call: Call) -> Answer:
    """`GET /x/tweets/{id}`: 1 credit."""
    number = call.params["id"]
    if not is_tweet_id(number):
        raise ApiError(400, "invalid_tweet_id")
    row = call.world.db.execute(f"{TWEETS} WHERE tweets.id = ? AND state = 'live'", (int(number),)).fetchone()
    if row is None:
        raise ApiError(404, "tweet_not_found")
    call.world.charge(1)
    user = find_user(call.world, row["username"])
    tweet = tweet_view(row, tco=call.tco)
    return Answer({"tweet": tweet, "author": tweet["author"] | {"followers": user["followers"] if user else 0}})


def search_tweets(call: Call) -> Answer:
    """`GET /x/tweets/search?q=`: 1 credit per tweet.

    Understands words, `"phrases"`, `#tags`, `from:`, `to:`, `-exclusions` and `OR`; newest first, or the most liked
    first with queryType=Top; `limit` up to 200, `sinceTime` and `untilTime` in Unix seconds.
    """
    query = call.query.get("q", "").strip()
    if not query:
        raise ApiError(400, "missing_query")
    wanted = [alternatives(part) for part in re.split(r"\s+OR\s+", query)]
    rows = call.world.db.execute(
        f"{TWEETS} WHERE tweets.id < ? AND state = 'live' AND tweets.created_at BETWEEN ? AND ?"
        " ORDER BY tweets.id DESC LIMIT ?",
        (
            before(call),
            call.number("sinceTime", 0, 0, 2**40) * 1000,
            min(call.number("untilTime", 2**40, 0, 2**40) * 1000, call.newest_shown),
            SCANNED,
        ),
    ).fetchall()
    found = [row for row in rows if any(all(term.fits(row) for term in terms) for terms in wanted)]
    size = call.number("limit", PAGE, 1, MOST)
    if call.query.get("queryType") == "Top":
        found.sort(key=lambda row: tweet_view(row, tco=False)["likeCount"], reverse=True)
        found = found[:size]
    return page_of(call, found, size)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a search."""

    text: str
    excluded: bool

    def fits(self, row: sqlite3.Row) -> bool:
        """Tell whether the tweet in *row* meets this condition."""
        return self._holds(row) != self.excluded

    def _holds(self, row: sqlite3.Row) -> bool:
        operator, _, name = self.text.partition(":")
        name = name.removeprefix("@").lower()
        if operator == "from":
            return str(row["username"]).lower() == name
        if operator == "to":
            return str(row["text"]).lower().startswith(f"@{name}")
        return self.text in str(row["text"]).lower()


def alternatives(part: str) -> list[Term]:
    """Return the conditions of one side of an OR."""
    return [Term((quoted or word).lower(), minus == "-") for minus, quoted, word in _TERM.findall(part)]
