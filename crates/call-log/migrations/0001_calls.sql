-- Times are milliseconds since 1970 (UTC), 0 where nobody knows.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    dialect    TEXT NOT NULL,
    server     TEXT NOT NULL,
    me         TEXT NOT NULL,
    label      TEXT NOT NULL,
    -- First seen here: what was missed before that is no news.
    since_ms   INTEGER NOT NULL,
    -- The user cleared the log then: older calls do not come back from the backend.
    cleared_ms INTEGER NOT NULL DEFAULT 0,
    UNIQUE (dialect, server, me)
);

CREATE TABLE calls (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account       INTEGER NOT NULL REFERENCES accounts (id),
    -- What the call's signals call it; calls this phone was not in, or that were never named, have none.
    remote        TEXT,
    -- What the backend's history calls it; not always the same.
    backend       TEXT,
    outgoing      INTEGER NOT NULL,
    kind          TEXT,
    peer_id       TEXT NOT NULL,
    peer_name     TEXT NOT NULL,
    peer_avatar   TEXT,
    subject_id    TEXT,
    subject_label TEXT,
    outcome       TEXT NOT NULL,
    reason        TEXT,
    message       TEXT,
    started_ms    INTEGER NOT NULL,
    answered_ms   INTEGER,
    ended_ms      INTEGER,
    -- The backend's own figure.
    backend_s     INTEGER NOT NULL DEFAULT 0,
    seen          INTEGER NOT NULL,
    -- Deleted by the user, or not a call of its own; kept so that it does not come back.
    hidden        INTEGER NOT NULL DEFAULT 0,
    -- What a search looks through, in lower case.
    search        TEXT NOT NULL,
    UNIQUE (account, remote),
    UNIQUE (account, backend)
);

-- One per time this program was in the call: a room can be entered again, also after a crash.
CREATE TABLE legs (
    uid       TEXT PRIMARY KEY,
    call      INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    live      INTEGER NOT NULL,
    talked_ms INTEGER NOT NULL,
    noted_ms  INTEGER NOT NULL
);
