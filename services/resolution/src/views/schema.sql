-- Moments are microseconds since 1970, dates are ISO texts, stages are the numbers of the wire.
-- A number is kept twice: as it sorts, and as it is written. What is searched is in lower case.
CREATE TABLE resolutions (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    body_code TEXT NOT NULL,
    session TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    declaratory INTEGER NOT NULL,
    items INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    reason TEXT,
    successor TEXT,
    ended_at INTEGER,
    -- Everything registered, as the message that shows it.
    registration BLOB NOT NULL,
    searched TEXT NOT NULL
);
CREATE INDEX resolutions_by_number ON resolutions (number);
CREATE INDEX resolutions_written ON resolutions (written);
CREATE INDEX resolutions_of_session ON resolutions (session);

CREATE TABLE items (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    resolution TEXT NOT NULL,
    deliverable TEXT NOT NULL,
    criterion TEXT NOT NULL,
    lead_code TEXT NOT NULL,
    stage INTEGER NOT NULL,
    percent INTEGER NOT NULL DEFAULT 0,
    due_on TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    acknowledge_by INTEGER NOT NULL,
    blocked_reason TEXT,
    help_from_code TEXT,
    extension_due_on TEXT,
    extensions INTEGER NOT NULL DEFAULT 0,
    holds INTEGER,
    searched TEXT NOT NULL
);
CREATE INDEX items_by_number ON items (number);
CREATE INDEX items_written ON items (written);
CREATE INDEX items_of_resolution ON items (resolution, stage);
CREATE INDEX items_of_lead ON items (lead_code, due_at);
CREATE INDEX items_in_stage ON items (stage, due_at);

-- The departments that support an item, in their order.
CREATE TABLE supporting (
    item TEXT NOT NULL,
    nth INTEGER NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (item, nth)
) WITHOUT ROWID;
CREATE INDEX supported_by ON supporting (department);

-- Everything that happened to an item, as the messages that show it.
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    entry BLOB NOT NULL
);
CREATE INDEX history_of_item ON history (item, id);
