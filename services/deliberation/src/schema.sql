-- Moments are microseconds since 1970; state is the number of the wire.
CREATE TABLE dockets (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    chair TEXT NOT NULL,
    state INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    -- The deadline of a countersign; a meeting has none.
    deadline INTEGER,
    opened_at INTEGER,
    closed_at INTEGER
);
CREATE INDEX dockets_in_state ON dockets (state, position);
CREATE INDEX dockets_of_body ON dockets (body, position);
CREATE INDEX dockets_by_position ON dockets (position);
-- The departments that take part in a docket.
CREATE TABLE participants (
    docket TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (docket, department)
) WITHOUT ROWID;
CREATE INDEX dockets_of_department ON participants (department);
-- The topics that have an outcome.
CREATE TABLE outcomes (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    PRIMARY KEY (docket, topic)
) WITHOUT ROWID;
-- The open ballots of countersigns, which are counted at the deadline.
CREATE TABLE countersigning (
    deadline INTEGER NOT NULL,
    docket TEXT NOT NULL,
    ballot INTEGER NOT NULL,
    PRIMARY KEY (deadline, docket, ballot)
) WITHOUT ROWID;
