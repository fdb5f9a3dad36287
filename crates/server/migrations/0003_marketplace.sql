-- Times are milliseconds since 1970 (UTC), ids are 24 hexadecimal digits.

CREATE TABLE marketplace_users (
    id            TEXT PRIMARY KEY,
    full_name     TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    -- 'client', 'provider' or 'admin'.
    role          TEXT NOT NULL,
    avatar        TEXT,
    -- When the last device went offline.
    last_seen     INTEGER,
    created_at    INTEGER NOT NULL
);

-- Calls and shared screens are messages of a conversation too; their columns are NULL in other messages.
CREATE TABLE marketplace_messages (
    id            TEXT PRIMARY KEY,
    -- The ids of both people, in order, joined by '_'.
    conversation  TEXT NOT NULL,
    sender        TEXT NOT NULL REFERENCES marketplace_users (id),
    receiver      TEXT NOT NULL REFERENCES marketplace_users (id),
    content       TEXT NOT NULL,
    -- 'text', 'image', 'file', 'video_call', 'voice_call' or 'screen_share'.
    type          TEXT NOT NULL,
    is_read       INTEGER NOT NULL,
    read_at       INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,

    -- What the socket calls it: the message's own id unless the caller made one up.
    call_id       TEXT UNIQUE,
    room_id       TEXT,
    status        TEXT,
    -- When a call that nobody has answered becomes missed.
    ring_until    INTEGER,
    answered_at   INTEGER,
    ended_at      INTEGER,
    -- Seconds talked.
    duration      INTEGER,
    -- When each of them left a call that was answered.
    sender_left   INTEGER,
    receiver_left INTEGER,
    recording_url TEXT,
    quality       TEXT
);
CREATE INDEX marketplace_conversations ON marketplace_messages (conversation, created_at);
CREATE INDEX marketplace_sent ON marketplace_messages (sender, created_at);
CREATE INDEX marketplace_received ON marketplace_messages (receiver, created_at);
CREATE INDEX marketplace_unread ON marketplace_messages (receiver) WHERE is_read = 0;
CREATE INDEX marketplace_live ON marketplace_messages (ring_until)
    WHERE status IN ('initiated', 'ringing', 'answered');
