-- Session tokens that were given back before their time, until they would have expired anyway.

CREATE TABLE revoked_tokens (
    jti     TEXT PRIMARY KEY,
    -- Milliseconds since 1970 (UTC).
    expires INTEGER NOT NULL
);
CREATE INDEX revoked_by_expiry ON revoked_tokens (expires);
