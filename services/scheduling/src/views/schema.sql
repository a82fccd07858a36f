-- The message is the row as the list returns it.
CREATE TABLE rooms (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    message BLOB NOT NULL
);

-- Moments are microseconds since 1970; kind and stage are the numbers of the wire.
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body_code TEXT NOT NULL,
    kind INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    chair_code TEXT NOT NULL,
    requester_code TEXT,
    topic_count INTEGER NOT NULL,
    attendee_count INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    earliest_start_at INTEGER NOT NULL,
    countersigned INTEGER NOT NULL DEFAULT 0,
    room_code TEXT,
    starts_at INTEGER,
    ends_at INTEGER
);
CREATE INDEX sessions_in_stage ON sessions (stage, requested_at);
CREATE INDEX sessions_of_body ON sessions (body_code, requested_at);
-- The departments that attend a session.
CREATE TABLE attendees (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (session_id, department_code)
) WITHOUT ROWID;
CREATE INDEX attended_by ON attendees (department_code);
