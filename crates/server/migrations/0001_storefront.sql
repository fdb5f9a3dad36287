-- Times are milliseconds since 1970 (UTC), money is in cents, ids are 24 hexadecimal digits.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    avatar        TEXT,
    phone_number  TEXT,
    created_at    INTEGER NOT NULL
);

CREATE TABLE shops (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    avatar        TEXT,
    phone_number  TEXT,
    created_at    INTEGER NOT NULL
);

CREATE TABLE products (
    id         TEXT PRIMARY KEY,
    shop_id    TEXT NOT NULL REFERENCES shops (id),
    name       TEXT NOT NULL,
    image      TEXT,
    price      INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX products_of_shop ON products (shop_id);

CREATE TABLE orders (
    id           TEXT PRIMARY KEY,
    order_number TEXT NOT NULL UNIQUE,
    shop_id      TEXT NOT NULL REFERENCES shops (id),
    user_id      TEXT NOT NULL REFERENCES users (id),
    status       TEXT NOT NULL,
    total_price  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
);
CREATE INDEX orders_of_shop ON orders (shop_id, user_id, created_at);
CREATE INDEX orders_of_user ON orders (user_id);

CREATE TABLE video_calls (
    id              TEXT PRIMARY KEY,
    call_id         TEXT NOT NULL UNIQUE,
    seller          TEXT NOT NULL REFERENCES shops (id),
    customer        TEXT NOT NULL REFERENCES users (id),
    order_id        TEXT REFERENCES orders (id),
    product_id      TEXT REFERENCES products (id),
    conversation_id TEXT,
    call_type       TEXT NOT NULL,
    status          TEXT NOT NULL,
    initiated_by    TEXT NOT NULL,
    start_time      INTEGER,
    end_time        INTEGER,
    duration        INTEGER NOT NULL DEFAULT 0,
    call_quality    TEXT,
    notes           TEXT,
    decline_reason  TEXT,
    recording_url   TEXT,
    scheduled_for   INTEGER,
    -- When a call that nobody has answered becomes missed.
    ring_until      INTEGER NOT NULL,
    metadata        TEXT NOT NULL DEFAULT '{}',
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX calls_of_seller ON video_calls (seller, created_at);
CREATE INDEX calls_of_customer ON video_calls (customer, created_at);
CREATE INDEX calls_unanswered ON video_calls (ring_until) WHERE status IN ('initiated', 'ringing');

CREATE TABLE blocked_customers (
    id           TEXT PRIMARY KEY,
    seller       TEXT NOT NULL REFERENCES shops (id),
    customer     TEXT NOT NULL REFERENCES users (id),
    reason       TEXT NOT NULL,
    notes        TEXT,
    last_call_id TEXT,
    is_active    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (seller, customer)
);
