-- The profile of each table of the directory is the message that the list gives out.
CREATE TABLE departments (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    profile BLOB NOT NULL
);
CREATE TABLE members (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    department TEXT NOT NULL,
    profile BLOB NOT NULL
);
CREATE INDEX members_of_department ON members (department);
CREATE TABLE rooms (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    profile BLOB NOT NULL
);

-- Moments are microseconds since 1970; kind and state are the numbers of the wire.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    chair TEXT NOT NULL,
    requester TEXT,
    topics INTEGER NOT NULL,
    attendees INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    earliest_start INTEGER NOT NULL,
    countersigned INTEGER NOT NULL DEFAULT 0,
    room TEXT,
    "from" INTEGER,
    until INTEGER
);
CREATE INDEX sessions_in_state ON sessions (state, requested_at);
CREATE INDEX sessions_of_body ON sessions (body, requested_at);
-- The departments that attend a session.
CREATE TABLE attending (
    session TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (session, department)
) WITHOUT ROWID;
CREATE INDEX attended_by ON attending (department);
