"""Reading an X article: `GET /x/articles/{id}`, by the id of its tweet. 5 credits."""

import html
import json

from sandbox.answers import Answer, ApiError, Json, iso
from sandbox.api.reading import COUNTERS, TWEETS
from sandbox.api.tweets import is_tweet_id
from sandbox.call import Call

COST = 5


def get_article(call: Call) -> Answer:
    """Return the article in both documented shapes: flat, and wrapped in `article`."""
    number = call.params["id"]
    if not is_tweet_id(number):
        raise ApiError(400, "invalid_tweet_id")
    article = call.world.db.execute("SELECT * FROM articles WHERE tweet_id = ?", (int(number),)).fetchone()
    tweet = call.world.db.execute(f"{TWEETS} WHERE tweets.id = ? AND state = 'live'", (int(number),)).fetchone()
    if article is None or tweet is None:
        raise ApiError(404, "article_not_found")
    call.world.charge(COST)
    paragraphs: list[str] = json.loads(article["paragraphs"])
    counters = {**dict.fromkeys(COUNTERS, 0), **json.loads(tweet["metrics"])}
    author = {"id": str(tweet["user_id"]), "username": tweet["username"], "name": tweet["name"]}
    wrapped: Json = {
        "title": article["title"],
        "previewText": paragraphs[0][:140],
        "coverImageUrl": article["cover"],
        "bodyText": "\n\n".join(paragraphs),
        "contents": [{"type": "unstyled", "text": text, "inlineStyleRanges": []} for text in paragraphs],
        "createdAt": iso(tweet["created_at"]),
        **{name: counters[name] for name in ("likeCount", "replyCount", "quoteCount", "viewCount")},
    }
    return Answer(
        {
            "title": article["title"],
            "coverImage": article["cover"],
            "bodyHtml": "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs),
            **{name: counters[name] for name in COUNTERS if name != "quoteCount"},
            "article": wrapped,
            "author": author,
        }
    )
