-- Everybody else who was in a call of several, as a JSON array of `{"id", "name", "avatar"}`; empty: the peer alone.
ALTER TABLE calls ADD COLUMN members TEXT NOT NULL DEFAULT '[]';
