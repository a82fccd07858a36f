-- The message is the row as the list returns it. A change of a body names it by its id only.
CREATE TABLE bodies (
    code TEXT PRIMARY KEY,
    body_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX bodies_by_name ON bodies (name, code);

-- The message is the row as the list returns it.
CREATE TABLE rooms (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX rooms_by_name ON rooms (name, code);
CREATE INDEX rooms_by_seats ON rooms (seats, code);

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
    -- Where and when it takes place; 0 while it is not scheduled.
    room_code TEXT,
    starts_at INTEGER NOT NULL DEFAULT 0,
    ends_at INTEGER NOT NULL DEFAULT 0
);
-- Lists are walked in the order of an index. Equal rows are told apart by rowid, which every index ends with.
CREATE INDEX sessions_by_request ON sessions (requested_at);
CREATE INDEX sessions_by_start ON sessions (starts_at);
CREATE INDEX sessions_in_stage ON sessions (stage, requested_at);
CREATE INDEX sessions_in_stage_by_start ON sessions (stage, starts_at);
CREATE INDEX sessions_of_body ON sessions (body_code, requested_at);
CREATE INDEX sessions_of_body_by_start ON sessions (body_code, starts_at);
-- The departments that attend a session, the one in the chair, and the one that requested it.
CREATE TABLE concerned (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    attends INTEGER NOT NULL,
    PRIMARY KEY (session_id, department_code)
) WITHOUT ROWID;
CREATE INDEX sessions_of_department ON concerned (department_code);
