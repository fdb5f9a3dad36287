-- Accounts and records as an administrator changes them, also while the server runs.

-- 1: as if the account were not there, but its records stay.
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shops ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dealers ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE technicians ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE marketplace_users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hearth_users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clinic_users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- Accounts whose sessions were ended all at once. A change gets a number above all earlier ones, by which a
-- running server finds what is new.
CREATE TABLE ended_accounts (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Table and id.
    account TEXT NOT NULL UNIQUE,
    -- Sessions that began until then are over; milliseconds since 1970 (UTC).
    before  INTEGER NOT NULL
);

-- What another program calls an imported record.
ALTER TABLE products ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX products_external ON products (external_id);
ALTER TABLE hearth_therapy ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX hearth_therapy_external ON hearth_therapy (external_id);
ALTER TABLE clinic_appointments ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX clinic_appointments_external ON clinic_appointments (external_id);

-- One row, written to find out whether the database can be written.
CREATE TABLE readiness (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
);
