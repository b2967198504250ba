"""Radar and trends: what is being talked about. The items are invented and always recent."""

import json

from sandbox.answers import Answer, Json, invalid, iso
from sandbox.api.reading import decode_cursor, encode_cursor
from sandbox.call import Call
from sandbox.seed.plant import TRENDS

SOURCES = ("google_trends", "hacker_news", "polymarket", "trustmrr", "wikipedia", "github", "reddit")
CATEGORIES = ("general", "tech", "dev", "science", "culture", "politics", "business", "entertainment")
REGIONS = ("US", "GB", "TR", "ES", "DE", "FR", "JP", "IN", "BR", "CA", "MX", "global")
HOUR = 3_600_000
TRENDS_COST = 3


def list_radar(call: Call) -> Answer:
    """`GET /radar`: items of the last *hours*, best score first. Free.

    Ages are kept relative to the full hour of asking, so that a sandbox never runs out of news.
    """
    wanted = {name: call.query.get(name, "") for name in ("source", "category", "region")}
    for name, allowed in (("source", SOURCES), ("category", CATEGORIES), ("region", REGIONS)):
        if wanted[name] and wanted[name] not in allowed:
            raise invalid(f"{name} must be one of {', '.join(allowed)}.")
    limit, hours = call.number("limit", 50, 1, 100), call.number("hours", 6, 1, 72)
    skip = decode_cursor(call.query["after"]) if call.query.get("after") else 0
    rows = call.world.db.execute(
        "SELECT * FROM radar WHERE (? IN ('', source)) AND (? IN ('', category)) AND (? IN ('', region))"
        " AND age <= ? ORDER BY score DESC, id LIMIT ? OFFSET ?",
        (wanted["source"], wanted["category"], wanted["region"] or "global", hours * HOUR, limit + 1, max(0, skip)),
    ).fetchall()
    more = len(rows) > limit
    hour = call.now - call.now % HOUR
    items = []
    for row in rows[:limit]:
        moment = iso(hour - row["age"])
        items.append(json.loads(row["item"]) | {"publishedAt": moment, "createdAt": moment})
    body: Json = {"items": items, "hasMore": more}
    return Answer(body | ({"nextCursor": encode_cursor(skip + limit)} if more else {}))


def list_trends(call: Call) -> Answer:
    """`GET /trends?woeid=&count=`, also `/x/trends`: 3 credits."""
    woeid = call.query.get("woeid", "1")
    if woeid not in TRENDS:
        raise invalid(f"woeid must be one of {', '.join(TRENDS)}.")
    names = [*TRENDS[woeid], *TRENDS["1"]] if woeid != "1" else TRENDS["1"]
    names = names[: call.number("count", 30, 1, 50)]
    call.world.charge(TRENDS_COST)
    trends = [{"name": name, "rank": rank, "query": name} for rank, name in enumerate(names, 1)]
    return Answer({"trends": trends, "total": len(trends), "count": len(trends), "woeid": int(woeid)})
