"""Planting a new sandbox: the same accounts, authors, tweets, article and radar items every time."""

import hashlib
import json
import sqlite3
from pathlib import Path

from sandbox.database import get_meta, set_meta, transaction
from sandbox.ids import snowflake

HERE = Path(__file__).parent
TRENDS: dict[str, list[str]] = json.loads((HERE / "trends.json").read_text(encoding="utf-8"))
BALANCE = 77_000
CREATED = 1_704_067_200_000  # 1 January 2024
LAST = 1_767_139_200_000  # 31 December 2025: when the newest planted tweets were written
GAP = 7 * 3_600_000  # between two tweets of one author

# id, username, name, about, place, followers, following, verified
USERS = [
    (2001, "ostinato_demo", "Ostinato Demo", "Posts on a schedule.", "Berlin", 1840, 210, 0),
    (2002, "ostinato_lab", "Ostinato Lab", "Where we try things out.", "Berlin", 320, 90, 0),
    (2003, "ostinato_de", "Ostinato auf Deutsch", "Beiträge nach Plan.", "Leipzig", 610, 120, 0),
    (2011, "sandra_writes", "sandra", "short sentences. long walks.", "Porto", 18_400, 180, 1),
    (2012, "marcus_builds", "Marcus Builds", "Numbers from a small software company.", "Toronto", 42_000, 900, 1),
    (2013, "dr_ferro", "Dr. Elena Ferro", "Earth scientist. Slow explanations.", "Trieste", 96_000, 410, 1),
    (2014, "lena_kocht", "Lena kocht", "Rezepte, die auf eine Postkarte passen.", "Freiburg", 7_300, 350, 0),
    (2015, "yuki_machi", "ゆき", "町を歩く。写真と喫茶店。", "Kobe", 5_900, 270, 0),
]
# The connected accounts: account id, user id.
ACCOUNTS = [(1, 2001), (2, 2002), (3, 2003)]

ARTICLE_OPENS = "A long article on how tides"  # the tweet that carries the article
ARTICLE_TITLE = "How tides shaped the first harbours"
ARTICLE_COVER = "https://example.com/covers/harbour.png"
ARTICLE = [
    "A harbour is a promise that there will be enough water under the boat when it comes home.",
    "In places where the tide rises by six metres or more, early builders could not make that promise all day."
    " They built basins with gates, or they built on rivers, where the current kept a channel open.",
    "Measured against old quay stones, the mean level in three of the basins has risen by about 40 centimetres"
    " since they were laid; the rest of the change is the land itself, which tilts.",
    "What surprised me most was how well the first gates were placed: within a few metres of where a model of the"
    " currents would put them today.",
]


def plant(db: sqlite3.Connection) -> None:
    """Fill a fresh database; one that was planted before is left alone."""
    if get_meta(db, "planted"):
        return
    with transaction(db):
        _people(db)
        for user in USERS:
            _tweets(db, user[0], user[1], user[5])
        _article(db)
        _radar(db)
        set_meta(db, "balance", str(BALANCE))
        set_meta(db, "lifetime_purchased", "140000")
        set_meta(db, "lifetime_used", "63000")
        set_meta(db, "planted", "1")


def texts_of(username: str) -> list[str]:
    """Return what an author wrote, oldest first; a leading `+ ` marks a reply to the tweet before."""
    path = HERE / "texts" / f"{username}.txt"
    return [line.replace("\\n", "\n") for line in path.read_text(encoding="utf-8").splitlines() if line]


def _people(db: sqlite3.Connection) -> None:
    db.executemany(
        "INSERT INTO users (id, username, name, about, place, followers, following, verified, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*user, CREATED) for user in USERS],
    )
    db.executemany(
        "INSERT INTO accounts (id, user_id, created_at, updated_at) VALUES (?, ?, ?, ?)",
        [(number, user, CREATED, CREATED) for number, user in ACCOUNTS],
    )


def _tweets(db: sqlite3.Connection, user_id: int, username: str, followers: int) -> None:
    texts = texts_of(username)
    first = LAST - GAP * len(texts) + user_id * 61_000
    previous = conversation = 0
    rows = []
    for place, line in enumerate(texts):
        text = line.removeprefix("+ ")
        moment = first + GAP * place
        tweet_id = snowflake(moment)
        reply_to = previous if text != line else None
        conversation = conversation if reply_to else tweet_id
        counters = json.dumps(metrics(text, followers))
        rows.append((tweet_id, user_id, text, reply_to, conversation, moment, counters))
        previous = tweet_id
    db.executemany(
        "INSERT INTO tweets (id, user_id, text, reply_to, conversation_id, created_at, metrics, seeded)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        rows,
    )


def metrics(text: str, followers: int) -> dict[str, int]:
    """Return invented counters of a tweet, the same for the same text: questions are answered, figures are shared."""
    luck = int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") / 65_536
    views = int(followers * (0.2 + luck))
    likes = int(views * (0.02 + 0.02 * luck) * (1.3 if any(c.isdigit() for c in text) else 1.0))
    replies = int(likes * (0.4 if any(mark in text for mark in "?？") else 0.08))
    return {
        "viewCount": views,
        "likeCount": likes,
        "replyCount": replies,
        "retweetCount": likes // 7,
        "quoteCount": likes // 40,
        "bookmarkCount": likes // 11,
    }


def _article(db: sqlite3.Connection) -> None:
    tweet = db.execute("SELECT id FROM tweets WHERE text LIKE ? || '%'", (ARTICLE_OPENS,)).fetchone()
    row = (tweet["id"], ARTICLE_TITLE, ARTICLE_COVER, json.dumps(ARTICLE))
    db.execute("INSERT INTO articles (tweet_id, title, cover, paragraphs) VALUES (?, ?, ?, ?)", row)


def _radar(db: sqlite3.Connection) -> None:
    items = json.loads((HERE / "radar.json").read_text(encoding="utf-8"))
    db.executemany(
        "INSERT INTO radar (id, source, region, category, score, age, item) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                int(item["id"]),
                item["source"],
                item["region"],
                item["category"],
                item["score"],
                item.pop("ageHours") * 3_600_000,
                json.dumps(item, ensure_ascii=False),
            )
            for item in items
        ],
    )
