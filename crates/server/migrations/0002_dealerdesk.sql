-- Times are milliseconds since 1970 (UTC). E-mail addresses are ids and kept in lower case.

CREATE TABLE dealers (
    email         TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    avatar        TEXT,
    created_at    INTEGER NOT NULL
);

CREATE TABLE technicians (
    email         TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    -- None: this technician signs in by address alone, or not at all.
    password_hash TEXT,
    -- May sign in by address alone even where a token is worth something.
    passwordless  INTEGER NOT NULL DEFAULT 0,
    avatar        TEXT,
    created_at    INTEGER NOT NULL
);

CREATE TABLE chat_rooms (
    room_id          TEXT PRIMARY KEY,
    dealer_email     TEXT NOT NULL REFERENCES dealers (email),
    technician_email TEXT NOT NULL REFERENCES technicians (email),
    post_id          TEXT,
    created_at       INTEGER NOT NULL
);
CREATE INDEX rooms_of_dealer ON chat_rooms (dealer_email);
CREATE INDEX rooms_of_technician ON chat_rooms (technician_email);

CREATE TABLE chat_messages (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id      TEXT NOT NULL REFERENCES chat_rooms (room_id),
    sender_email TEXT NOT NULL,
    sender_type  TEXT NOT NULL CHECK (sender_type IN ('DEALER', 'TECHNICIAN')),
    message      TEXT NOT NULL,
    is_read      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL
);
CREATE INDEX messages_of_room ON chat_messages (room_id, id);
CREATE INDEX messages_unread ON chat_messages (room_id, sender_type) WHERE is_read = 0;

CREATE TABLE call_logs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id          TEXT NOT NULL REFERENCES chat_rooms (room_id),
    caller_email     TEXT NOT NULL,
    caller_type      TEXT NOT NULL CHECK (caller_type IN ('DEALER', 'TECHNICIAN')),
    call_type        TEXT NOT NULL CHECK (call_type IN ('AUDIO', 'VIDEO')),
    call_status      TEXT NOT NULL CHECK (call_status IN ('INITIATED', 'ANSWERED', 'REJECTED', 'ENDED', 'MISSED')),
    started_at       INTEGER NOT NULL,
    answered_at      INTEGER,
    ended_at         INTEGER,
    -- Documented: from the first ring on.
    duration_seconds INTEGER NOT NULL DEFAULT 0,
    -- When a call that nobody has answered becomes missed.
    ring_until       INTEGER NOT NULL
);
CREATE INDEX call_logs_of_room ON call_logs (room_id, id);
CREATE INDEX call_logs_live ON call_logs (call_status) WHERE call_status IN ('INITIATED', 'ANSWERED');
