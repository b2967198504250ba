-- The state of one sandbox. Times are Unix milliseconds; ids of tweets are snowflakes.

CREATE TABLE IF NOT EXISTS meta (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS users (
    id          INTEGER PRIMARY KEY,
    username    TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name        TEXT NOT NULL,
    about       TEXT NOT NULL DEFAULT '',
    place       TEXT NOT NULL DEFAULT '',
    followers   INTEGER NOT NULL DEFAULT 0,
    following   INTEGER NOT NULL DEFAULT 0,
    verified    INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL
) STRICT;

-- Connected X accounts: the users that may be written as.
CREATE TABLE IF NOT EXISTS accounts (
    id          INTEGER PRIMARY KEY,
    user_id     INTEGER NOT NULL UNIQUE REFERENCES users (id),
    health      TEXT NOT NULL DEFAULT 'healthy',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- state: live is seen; held waits for its pending write to settle; deleted and lost are never seen, but keep their id.
CREATE TABLE IF NOT EXISTS tweets (
    id               INTEGER PRIMARY KEY,
    user_id          INTEGER NOT NULL REFERENCES users (id),
    text             TEXT NOT NULL,
    reply_to         INTEGER,
    conversation_id  INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    state            TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'held', 'deleted', 'lost')),
    is_note          INTEGER NOT NULL DEFAULT 0,
    attachment_url   TEXT,
    community_id     TEXT,
    media            TEXT NOT NULL DEFAULT '[]',
    metrics          TEXT NOT NULL DEFAULT '{}',
    idempotency_key  TEXT,
    seeded           INTEGER NOT NULL DEFAULT 0,
    made_with_ai     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS tweets_timeline ON tweets (user_id, id);
CREATE INDEX IF NOT EXISTS tweets_conversation ON tweets (conversation_id, id);
-- For "has this account said this in the last day?".
CREATE INDEX IF NOT EXISTS tweets_same_text ON tweets (user_id, text);

-- One record per accepted write. The unique key is what makes a replay find the first write instead of repeating it.
CREATE TABLE IF NOT EXISTS writes (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    idempotency_key  TEXT UNIQUE,
    hash             TEXT NOT NULL,
    action           TEXT NOT NULL,
    account_id       INTEGER NOT NULL,
    account_name     TEXT NOT NULL,
    payload          TEXT NOT NULL,
    target_id        TEXT,
    status           TEXT NOT NULL,
    result           TEXT NOT NULL DEFAULT '{}',
    cost             INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    settle_at        INTEGER,
    polls_left       INTEGER,
    becomes          TEXT,
    appears          TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS writes_pending ON writes (settle_at) WHERE status = 'dispatching';

CREATE TABLE IF NOT EXISTS media (
    id          INTEGER PRIMARY KEY,
    account_id  INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('photo', 'video')),
    url         TEXT NOT NULL,
    content     BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS drafts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    text        TEXT NOT NULL,
    topic       TEXT,
    goal        TEXT,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS styles (
    username    TEXT PRIMARY KEY,
    shown_as    TEXT NOT NULL,
    custom      INTEGER NOT NULL,
    tweets      TEXT NOT NULL,
    fetched_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS articles (
    tweet_id    INTEGER PRIMARY KEY REFERENCES tweets (id),
    title       TEXT NOT NULL,
    cover       TEXT NOT NULL,
    paragraphs  TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS radar (
    id       INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    region   TEXT NOT NULL,
    category TEXT NOT NULL,
    score    INTEGER NOT NULL,
    age      INTEGER NOT NULL,  -- milliseconds before the asking
    item     TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS faults (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    match     TEXT NOT NULL,
    params    TEXT NOT NULL,
    times     INTEGER,  -- NULL: until it is deleted
    fired     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS requests (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at      INTEGER NOT NULL,
    method           TEXT NOT NULL,
    path             TEXT NOT NULL,
    idempotency_key  TEXT,
    account          TEXT,
    status           INTEGER,  -- NULL: the connection was closed without an answer
    fault            TEXT
) STRICT;
