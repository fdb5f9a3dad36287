-- Hearth. Times are milliseconds since 1970 (UTC), ids are 24 hexadecimal digits.

CREATE TABLE hearth_users (
    id              TEXT PRIMARY KEY,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    email           TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash   TEXT NOT NULL,
    profile_picture TEXT,
    -- user, therapist
    role            TEXT NOT NULL,
    created_at      INTEGER NOT NULL
);

CREATE TABLE hearth_therapy (
    id            TEXT PRIMARY KEY,
    title         TEXT NOT NULL,
    description   TEXT,
    kind          TEXT NOT NULL,
    status        TEXT NOT NULL,
    therapist     TEXT REFERENCES hearth_users (id),
    scheduled_for INTEGER,
    -- Minutes.
    duration      INTEGER NOT NULL,
    started_at    INTEGER,
    ended_at      INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
);
CREATE INDEX hearth_therapy_of ON hearth_therapy (therapist, scheduled_for);

CREATE TABLE hearth_therapy_people (
    therapy   TEXT NOT NULL REFERENCES hearth_therapy (id),
    user      TEXT NOT NULL REFERENCES hearth_users (id),
    role      TEXT NOT NULL,
    joined_at INTEGER,
    PRIMARY KEY (therapy, user)
);
CREATE INDEX hearth_therapy_by_user ON hearth_therapy_people (user);

CREATE TABLE hearth_therapy_chat (
    id      INTEGER PRIMARY KEY,
    therapy TEXT NOT NULL REFERENCES hearth_therapy (id),
    user    TEXT NOT NULL REFERENCES hearth_users (id),
    message TEXT NOT NULL,
    at      INTEGER NOT NULL
);
CREATE INDEX hearth_chat_of ON hearth_therapy_chat (therapy, id);

CREATE TABLE hearth_assessments (
    therapy   TEXT NOT NULL REFERENCES hearth_therapy (id),
    user      TEXT NOT NULL REFERENCES hearth_users (id),
    kind      TEXT NOT NULL,
    -- JSON
    responses TEXT NOT NULL,
    score     REAL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (therapy, user, kind)
);

CREATE TABLE hearth_sessions (
    id           TEXT PRIMARY KEY,
    session_id   TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    initiator    TEXT NOT NULL REFERENCES hearth_users (id),
    most         INTEGER NOT NULL,
    status       TEXT NOT NULL,
    -- 1: anybody who is signed in may come (demo sessions).
    open         INTEGER NOT NULL DEFAULT 0,
    start_time   INTEGER,
    end_time     INTEGER,
    -- Seconds.
    duration     INTEGER NOT NULL DEFAULT 0,
    end_reason   TEXT,
    -- JSON, as on the wire.
    settings     TEXT NOT NULL,
    metadata     TEXT NOT NULL,
    therapy      TEXT REFERENCES hearth_therapy (id),
    -- When a session that nobody has joined becomes missed.
    ring_until   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
);
CREATE INDEX hearth_open_sessions ON hearth_sessions (status) WHERE status <> 'ended';

CREATE TABLE hearth_invitees (
    session TEXT NOT NULL REFERENCES hearth_sessions (session_id),
    user    TEXT NOT NULL REFERENCES hearth_users (id),
    -- pending, joined, declined, busy, missed
    state   TEXT NOT NULL,
    PRIMARY KEY (session, user)
);
CREATE INDEX hearth_invited ON hearth_invitees (user);

CREATE TABLE hearth_participants (
    session    TEXT NOT NULL REFERENCES hearth_sessions (session_id),
    user       TEXT NOT NULL REFERENCES hearth_users (id),
    peer_id    TEXT,
    joined_at  INTEGER NOT NULL,
    left_at    INTEGER,
    is_active  INTEGER NOT NULL,
    has_video  INTEGER NOT NULL,
    has_audio  INTEGER NOT NULL,
    is_sharing INTEGER NOT NULL,
    -- The newest quality report, JSON.
    quality    TEXT,
    PRIMARY KEY (session, user)
);
CREATE INDEX hearth_participated ON hearth_participants (user);
