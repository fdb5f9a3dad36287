-- Times are milliseconds since 1970 (UTC), ids are UUIDs.

CREATE TABLE clinic_users (
    id                   TEXT PRIMARY KEY,
    email                TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash        TEXT NOT NULL,
    role                 TEXT NOT NULL CHECK (role IN ('Practitioner', 'Patient')),
    first_name           TEXT NOT NULL,
    last_name            TEXT NOT NULL,
    -- The next sign-in gives no more than the right to choose a new password.
    must_change_password INTEGER NOT NULL DEFAULT 0,
    created_at           INTEGER NOT NULL
);

CREATE TABLE clinic_appointments (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    patient_id      TEXT NOT NULL REFERENCES clinic_users (id),
    practitioner_id TEXT NOT NULL REFERENCES clinic_users (id),
    starts_at       INTEGER NOT NULL,
    minutes         INTEGER NOT NULL,
    -- starts_at + minutes
    ends_at         INTEGER NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('Physical', 'Remote')),
    status          TEXT NOT NULL CHECK
        (status IN ('Scheduled', 'Completed', 'Cancelled', 'NoShow', 'PendingPatientConfirmation')),
    notes           TEXT,
    -- What the patient said to it.
    answer          TEXT,
    -- What is left of a room that was cleaned up.
    past_room_id    TEXT,
    past_started_at INTEGER,
    past_ended_at   INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX clinic_appointments_of_practitioner ON clinic_appointments (practitioner_id, starts_at);
CREATE INDEX clinic_appointments_of_patient ON clinic_appointments (patient_id, starts_at);
CREATE INDEX clinic_appointments_open ON clinic_appointments (ends_at) WHERE status = 'Scheduled';

CREATE TABLE clinic_rooms (
    id                  TEXT PRIMARY KEY,
    appointment_id      TEXT NOT NULL UNIQUE REFERENCES clinic_appointments (id),
    room_id             TEXT NOT NULL UNIQUE,
    status              TEXT NOT NULL CHECK (status IN ('Waiting', 'InProgress', 'Ended')),
    practitioner_joined INTEGER NOT NULL DEFAULT 0,
    patient_joined      INTEGER NOT NULL DEFAULT 0,
    started_at          INTEGER,
    ended_at            INTEGER,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL
);
CREATE INDEX clinic_rooms_ended ON clinic_rooms (ended_at) WHERE status = 'Ended';
