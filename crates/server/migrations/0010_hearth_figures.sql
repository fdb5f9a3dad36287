-- What hearth keeps of the use and the quality of calls. It belongs to the record of its session and goes with it.

-- 1: they have shared their screen in this session, now or earlier.
ALTER TABLE hearth_participants ADD COLUMN has_shared INTEGER NOT NULL DEFAULT 0;

-- How one participant received another one, and what went wrong between them: sums over the session.
CREATE TABLE hearth_figures (
    session       TEXT NOT NULL REFERENCES hearth_sessions (session_id),
    -- Who says so, of whom: themselves where it was not said.
    user          TEXT NOT NULL REFERENCES hearth_users (id),
    about         TEXT NOT NULL REFERENCES hearth_users (id),
    -- Reports, by their word.
    excellent     INTEGER NOT NULL DEFAULT 0,
    good          INTEGER NOT NULL DEFAULT 0,
    fair          INTEGER NOT NULL DEFAULT 0,
    poor          INTEGER NOT NULL DEFAULT 0,
    -- Sums over these reports.
    rtt_ms        INTEGER NOT NULL DEFAULT 0,
    loss_permille INTEGER NOT NULL DEFAULT 0,
    -- Connection issues: media stopped, no connection came about, any other.
    lost          INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    other         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session, user, about)
);
CREATE INDEX hearth_figures_by ON hearth_figures (user);
CREATE INDEX hearth_figures_about ON hearth_figures (about);
