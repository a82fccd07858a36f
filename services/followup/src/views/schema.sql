-- Moments are microseconds since 1970; stages, kinds and tiers are the numbers of the wire.
-- A number is kept twice: as it sorts, and as it is written.
CREATE TABLE follow_ups (
    id TEXT PRIMARY KEY,
    resolution TEXT NOT NULL,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    lead_code TEXT NOT NULL,
    -- Codes, with a space between.
    co_responsible_codes TEXT NOT NULL,
    due_on TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    acknowledge_by INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    help_from_code TEXT,
    escalated_to INTEGER NOT NULL DEFAULT 0,
    extensions INTEGER NOT NULL DEFAULT 0,
    -- The first rung to come, while the clock runs.
    next_notice_at INTEGER,
    next_rung INTEGER
);
CREATE INDEX follow_ups_by_number ON follow_ups (number);
CREATE INDEX follow_ups_of_lead ON follow_ups (lead_code, due_at);
CREATE INDEX follow_ups_of_resolution ON follow_ups (resolution);
CREATE INDEX follow_ups_by_next ON follow_ups (next_notice_at, id) WHERE next_notice_at IS NOT NULL;

-- The rungs still to come.
CREATE TABLE rungs (
    follow_up TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (follow_up, due_at, number)
) WITHOUT ROWID;

-- Who was notified of what, and of an item as it was at the time.
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    addressee TEXT NOT NULL,
    follow_up TEXT NOT NULL,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    lead_code TEXT NOT NULL,
    days INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL
);
CREATE INDEX notices_on_item ON notices (follow_up, id);
CREATE INDEX notices_by_time ON notices (occurred_at, id);

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
    -- Converted to a countersign, or merged into another.
    avoided INTEGER NOT NULL DEFAULT 0
);
-- The dockets of meetings; countersigns have no meeting.
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
    -- Somebody has to do something by a certain day, or it expressly only declares.
    executable INTEGER NOT NULL,
    PRIMARY KEY (docket, topic)
) WITHOUT ROWID;
