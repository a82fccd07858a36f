-- Moments are microseconds since 1970; stage is its number on the wire.
CREATE TABLE dockets (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    chair TEXT NOT NULL,
    stage INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    -- The deadline of a countersign; a meeting has none.
    sign_by INTEGER,
    opened_at INTEGER,
    closed_at INTEGER
);
CREATE INDEX dockets_in_stage ON dockets (stage, position);
CREATE INDEX dockets_of_body ON dockets (body, position);
CREATE INDEX dockets_by_position ON dockets (position);
-- The departments that take part in a docket, chair it, or requested its session.
CREATE TABLE participants (
    docket TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (docket, department)
) WITHOUT ROWID;
CREATE INDEX dockets_of_department ON participants (department);
-- The secretariat of the body as it was when the session was convened: its clerks keep the record.
CREATE TABLE kept_by (
    department TEXT NOT NULL,
    docket TEXT NOT NULL,
    PRIMARY KEY (department, docket)
) WITHOUT ROWID;
CREATE INDEX keepers_of_docket ON kept_by (docket);
-- The topics that have an outcome.
CREATE TABLE outcomes (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    PRIMARY KEY (docket, topic)
) WITHOUT ROWID;
-- The open ballots of countersigns, which are counted at the deadline.
CREATE TABLE countersigning (
    sign_by INTEGER NOT NULL,
    docket TEXT NOT NULL,
    ballot INTEGER NOT NULL,
    PRIMARY KEY (sign_by, docket, ballot)
) WITHOUT ROWID;
-- When those that have not answered a countersign are reminded.
CREATE TABLE reminding (
    docket TEXT PRIMARY KEY,
    -- How many days before the end the rule of its body has.
    days INTEGER NOT NULL,
    remind_at INTEGER
) WITHOUT ROWID;
CREATE INDEX reminders_ahead ON reminding (remind_at, docket) WHERE remind_at IS NOT NULL;
-- The time to confirm the minutes of a docket; they do not wait for it while somebody objects, or once they are settled.
CREATE TABLE confirming (
    docket TEXT PRIMARY KEY,
    confirm_by INTEGER NOT NULL,
    waits INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX confirmations_ahead ON confirming (confirm_by, docket) WHERE waits;
-- The clocks that run in meetings: that of whoever speaks, and the timebox of the topic that is open. The number of a clock
-- is its own on the docket.
CREATE TABLE clocks (
    docket TEXT NOT NULL,
    number INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (docket, number)
) WITHOUT ROWID;
CREATE INDEX clocks_ahead ON clocks (ends_at, docket, number);
