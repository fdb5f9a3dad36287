-- Refresh tokens of marketplace that were exchanged for a new one, until they would have expired anyway.
CREATE TABLE spent_refresh_tokens (
    jti     TEXT PRIMARY KEY,
    -- Milliseconds since 1970 (UTC), both.
    spent   INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX spent_by_expiry ON spent_refresh_tokens (expires);

-- How often the password was changed: sessions of an earlier one are over.
ALTER TABLE clinic_users ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
