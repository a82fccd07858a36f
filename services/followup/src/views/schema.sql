-- Moments are microseconds since 1970; stages, kinds and tiers are the numbers of the wire.
-- A number stands twice: as it sorts, and as it is written.
CREATE TABLE follow_ups (
    id TEXT PRIMARY KEY,
    resolution TEXT NOT NULL,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    -- Codes, with a space between.
    co_responsible TEXT NOT NULL,
    due TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    acknowledge_by INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    help_from TEXT,
    escalated INTEGER NOT NULL DEFAULT 0,
    extensions INTEGER NOT NULL DEFAULT 0,
    -- The first rung to come, while the clock runs.
    next_at INTEGER,
    next_rung INTEGER
);
CREATE INDEX follow_ups_by_number ON follow_ups (number);
CREATE INDEX follow_ups_of_lead ON follow_ups (lead, due_at);
CREATE INDEX follow_ups_of_resolution ON follow_ups (resolution);
CREATE INDEX follow_ups_by_next ON follow_ups (next_at, id) WHERE next_at IS NOT NULL;

-- The rungs still to come.
CREATE TABLE rungs (
    follow_up TEXT NOT NULL,
    at INTEGER NOT NULL,
    no INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (follow_up, at, no)
) WITHOUT ROWID;

-- What was said, to whom, about an item as it was then.
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    follow_up TEXT NOT NULL,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    days INTEGER NOT NULL,
    deadline INTEGER NOT NULL
);
CREATE INDEX notices_on_item ON notices (follow_up, id);
CREATE INDEX notices_by_time ON notices (time, id);

-- What the indicators are computed from.
CREATE TABLE departments (
    code TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    requested_at INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    -- Attendees without a role on any topic.
    idle INTEGER NOT NULL,
    convened INTEGER NOT NULL DEFAULT 0,
    -- Turned into a countersign, or merged into another.
    avoided INTEGER NOT NULL DEFAULT 0
);
-- The dockets of meetings; countersigns are none.
CREATE TABLE meetings (
    id TEXT PRIMARY KEY,
    topics INTEGER NOT NULL,
    -- Topics with a timebox.
    bounded INTEGER NOT NULL,
    opened_at INTEGER,
    closed_at INTEGER,
    outcomes INTEGER,
    spent_seconds INTEGER,
    digression_minutes INTEGER
);
CREATE TABLE attended (
    meeting TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (meeting, department)
) WITHOUT ROWID;
-- Of meetings and of countersigns.
CREATE TABLE decisions (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    adopted_at INTEGER NOT NULL,
    -- Somebody has to do something until a day, or it expressly only declares.
    executable INTEGER NOT NULL,
    PRIMARY KEY (docket, topic)
) WITHOUT ROWID;
