CREATE INDEX calls_by_time ON calls (started_ms DESC, id DESC);
CREATE INDEX calls_by_person ON calls (account, peer_id);
CREATE INDEX legs_by_call ON legs (call);
