-- Moments are microseconds since 1970, dates are ISO texts, stages are the numbers of the wire.
-- A number is kept twice: as it sorts, and as it is written. What is searched is folded: case, width, composition.
CREATE TABLE resolutions (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    written TEXT NOT NULL,
    title TEXT NOT NULL,
    body_code TEXT NOT NULL,
    -- NULL: adopted elsewhere.
    session TEXT,
    topic INTEGER,
    -- The number of the wire.
    label INTEGER NOT NULL,
    decided_on TEXT NOT NULL,
    declaratory INTEGER NOT NULL,
    items INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    reason TEXT,
    successor TEXT,
    ended_at INTEGER,
    -- Ids, a space after each.
    amended_by TEXT NOT NULL DEFAULT '',
    rescinded_by TEXT,
    -- Ids, a space after each.
    carried_over TEXT NOT NULL DEFAULT '',
    -- Everything registered, as the message that shows it.
    registration BLOB NOT NULL,
    searched TEXT NOT NULL
);
-- Lists are walked in the order of an index, or sort what a small one holds. Equal rows are told apart by rowid, which
-- every index ends with.
CREATE INDEX resolutions_by_number ON resolutions (number);
CREATE INDEX resolutions_written ON resolutions (written);
CREATE INDEX resolutions_of_session ON resolutions (session, topic);
-- Those that are public.
CREATE INDEX resolutions_for_everybody ON resolutions (label) WHERE label = 1;
CREATE INDEX resolutions_by_day ON resolutions (decided_on);
CREATE INDEX resolutions_of_body ON resolutions (body_code, number);
CREATE INDEX resolutions_of_body_by_day ON resolutions (body_code, decided_on);
CREATE INDEX resolutions_in_stage ON resolutions (stage, number);
CREATE INDEX resolutions_in_stage_by_day ON resolutions (stage, decided_on);

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
    due_on TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    first_due_at INTEGER NOT NULL,
    -- When the work was claimed that was accepted first.
    first_done_at INTEGER,
    -- The promise that counts now: the first, or the one at the last reopening.
    promised_at INTEGER NOT NULL,
    -- The promise that was missed by most, of those whose work was accepted, and when that was claimed.
    missed_promised_at INTEGER,
    missed_done_at INTEGER,
    -- Since when its lead leads it.
    led_since INTEGER NOT NULL,
    -- The position at which it was assigned.
    assigned INTEGER NOT NULL,
    -- When its lead was last heard from, or was last told to go on.
    heard_at INTEGER NOT NULL,
    acceptor_code TEXT,
    blocked_reason TEXT,
    extension_due_on TEXT,
    -- Since when its clock stands still, and when it was claimed to be done; NULL: not so, or not known.
    paused_since INTEGER,
    claimed_at INTEGER,
    holds INTEGER,
    -- The department that has it, if one does.
    holder_code TEXT,
    -- What the lead reported, in percent; the item that it is a part of, and its tier.
    reported_percent INTEGER NOT NULL DEFAULT 0,
    parent TEXT,
    tier INTEGER NOT NULL DEFAULT 1,
    -- Ids of the sessions that carry it out, with a space between.
    sessions TEXT NOT NULL DEFAULT '',
    -- How often it was returned, extended and reopened.
    returned INTEGER NOT NULL DEFAULT 0,
    extended INTEGER NOT NULL DEFAULT 0,
    reopened INTEGER NOT NULL DEFAULT 0,
    -- The body in whose register it is numbered.
    body_code TEXT,
    -- The item with what its departments do, as the message that shows it, but for what depends on the moment.
    shown BLOB NOT NULL,
    searched TEXT NOT NULL
);
CREATE INDEX items_by_number ON items (number);
CREATE INDEX items_written ON items (written);
CREATE INDEX items_of_resolution ON items (resolution, stage);
CREATE INDEX items_of_body ON items (body_code);
CREATE INDEX items_by_assignment ON items (assigned);
CREATE INDEX items_by_due ON items (due_at);
CREATE INDEX items_of_lead ON items (lead_code, due_at);
CREATE INDEX items_of_lead_by_number ON items (lead_code, number);
CREATE INDEX items_in_stage ON items (stage, number);
CREATE INDEX items_in_stage_by_due ON items (stage, due_at);
-- Few items of a grown log are neither accepted nor rescinded.
CREATE INDEX open_by_due ON items (due_at) WHERE stage <= 4;
CREATE INDEX open_of_lead ON items (lead_code, due_at) WHERE stage <= 4;
CREATE INDEX claimed_by_age ON items (claimed_at) WHERE stage = 4;
CREATE INDEX underway_by_age ON items (heard_at) WHERE stage = 3;
CREATE INDEX blocked_by_due ON items (due_at) WHERE blocked_reason IS NOT NULL;
CREATE INDEX blocked_of_lead ON items (lead_code, due_at) WHERE blocked_reason IS NOT NULL;
CREATE INDEX paused_by_due ON items (due_at) WHERE paused_since IS NOT NULL;
CREATE INDEX extension_by_due ON items (due_at) WHERE extension_due_on IS NOT NULL;
CREATE INDEX not_holding_by_due ON items (due_at) WHERE holds IS 0;
CREATE INDEX held_by ON items (holder_code, due_at) WHERE stage <= 4;
CREATE INDEX judged_by ON items (acceptor_code, due_at) WHERE acceptor_code IS NOT NULL;

-- The departments that support an item, in their order.
CREATE TABLE supporting (
    item TEXT NOT NULL,
    nth INTEGER NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (item, nth)
) WITHOUT ROWID;
CREATE INDEX supported_by ON supporting (department);

-- The departments that are asked for help with an item, and the one that judges it.
CREATE TABLE called_upon (
    department TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (department, item)
) WITHOUT ROWID;
CREATE INDEX called_upon_for ON called_upon (item);
-- The same, and those that ever were, of an item by its rowid: by it, what waited for them at any moment is found.
CREATE TABLE ever_called_upon (
    department TEXT NOT NULL,
    item INTEGER NOT NULL,
    PRIMARY KEY (department, item)
) WITHOUT ROWID;

-- The departments that ever led an item, with its number: what one of them led at any moment is read in that order.
CREATE TABLE ever_led (
    department TEXT NOT NULL,
    number TEXT NOT NULL,
    item INTEGER NOT NULL,
    PRIMARY KEY (department, number, item)
) WITHOUT ROWID;

-- What items were since a position, up to before another one, as far as lists and scorecards look at it: those of any moment.
-- `node` is under which node of all positions a span is found; see the module spans of service-kit.
CREATE TABLE item_spans (
    span INTEGER PRIMARY KEY,
    -- An item by its rowid.
    item INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    node INTEGER NOT NULL,
    lead_code TEXT NOT NULL,
    stage INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    first_due_at INTEGER NOT NULL,
    first_done_at INTEGER,
    promised_at INTEGER NOT NULL,
    missed_promised_at INTEGER,
    missed_done_at INTEGER,
    acceptor_code TEXT,
    -- The departments that were asked for help, and the one that judged it, with spaces around.
    called_upon TEXT NOT NULL,
    is_blocked INTEGER NOT NULL,
    extension_requested INTEGER NOT NULL,
    paused_since INTEGER,
    claimed_at INTEGER,
    heard_at INTEGER NOT NULL,
    holder_code TEXT,
    holds INTEGER,
    returned INTEGER NOT NULL,
    extended INTEGER NOT NULL,
    reopened INTEGER NOT NULL
);
CREATE INDEX spans_of_item ON item_spans (item, since, until);
CREATE INDEX spans_by_change ON item_spans (since, item);
CREATE INDEX spans_by_due ON item_spans (due_at, since, until, item);
CREATE INDEX spans_of_lead ON item_spans (lead_code, due_at, since, until, item);
CREATE INDEX spans_of_promise ON item_spans (lead_code, first_due_at, since, until, stage, first_done_at, paused_since, item);
CREATE INDEX accepted_spans_by_due ON item_spans (due_at, since, until, item) WHERE stage = 5;
CREATE INDEX rescinded_spans_by_due ON item_spans (due_at, since, until, item) WHERE stage = 6;
CREATE INDEX spans_not_holding ON item_spans (item, since, until) WHERE holds IS 0;
CREATE INDEX open_spans_by_end ON item_spans (node, until) WHERE stage <= 4;
CREATE INDEX open_spans_by_begin ON item_spans (node, since) WHERE stage <= 4;

-- The moments at which any of them was ever due: few, as most are the ends of days. Past items are walked from one to the next.
CREATE TABLE dues (
    due_at INTEGER PRIMARY KEY
);

CREATE INDEX items_below ON items (parent) WHERE parent IS NOT NULL;

-- The departments that lead what an item is a part of, on every tier above it.
CREATE TABLE leading_above (
    department TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (department, item)
) WITHOUT ROWID;

-- Which item waits for which.
CREATE TABLE waiting (
    item TEXT NOT NULL,
    on_item TEXT NOT NULL,
    PRIMARY KEY (item, on_item)
) WITHOUT ROWID;

-- The states of targets: each since a position, up to before another one.
CREATE TABLE target_states (
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    department_code TEXT NOT NULL,
    body_code TEXT,
    phase INTEGER NOT NULL,
    ends_on TEXT NOT NULL,
    -- What it says, as the message that shows it.
    terms BLOB NOT NULL,
    first_goal INTEGER NOT NULL,
    first_ends_on TEXT NOT NULL,
    changes INTEGER NOT NULL,
    withdrawn_reason TEXT
);
CREATE INDEX states_of_target ON target_states (id, since);
CREATE INDEX targets_of_department ON target_states (department_code, until);
CREATE INDEX targets_by_end ON target_states (ends_on, until);

-- The departments that take part in a docket, chair it, or requested its session: they see what was decided on its
-- topics; what was decided on a secret topic is seen only by those that take part in it.
CREATE TABLE participants (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    department TEXT NOT NULL,
    -- Whether it takes part in the topic, and so sees it also where it is secret.
    takes_part INTEGER NOT NULL,
    is_secret INTEGER NOT NULL,
    sees INTEGER NOT NULL AS (takes_part OR NOT is_secret),
    PRIMARY KEY (docket, topic, department)
) WITHOUT ROWID;
CREATE INDEX topics_of_department ON participants (department);
-- The body whose docket it is.
CREATE TABLE dockets (
    docket TEXT PRIMARY KEY,
    body_code TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX dockets_of_body ON dockets (body_code);

-- Votes against a version while they are counted; of one that passed, the dissent of the resolution.
CREATE TABLE dissents (
    docket TEXT NOT NULL,
    ballot INTEGER NOT NULL,
    department TEXT NOT NULL,
    topic INTEGER NOT NULL,
    partly INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (docket, ballot, department)
) WITHOUT ROWID;

-- Who had recused itself from what was decided, and does not read the reasons of the others.
CREATE TABLE recused (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (docket, topic, department)
) WITHOUT ROWID;

-- Everything that happened to an item, as the messages that show it, and as the events that it is made of; a notice is
-- no event of the item.
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    position INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    -- Of a report: the department. Only its last one makes the item as it is now; the others are superseded.
    reported_by TEXT,
    superseded INTEGER NOT NULL DEFAULT 0,
    entry BLOB NOT NULL,
    kind TEXT,
    event BLOB
);
CREATE INDEX events_of_item ON history (item) WHERE kind IS NOT NULL AND NOT superseded;
CREATE INDEX history_of_item ON history (item, position, id);
CREATE INDEX history_by_position ON history (position, item);

-- What the query planner is told of a grown log, so that it sorts the rows of a small index rather than walk all rows
-- in their order: about how many rows an index has, and how many of them share what it is sorted by.
ANALYZE supporting;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('items', 'items_by_number', '1000000 1'),
    ('items', 'items_by_due', '1000000 700'),
    ('items', 'items_of_lead', '1000000 10000 10'),
    ('items', 'items_of_lead_by_number', '1000000 10000 1'),
    ('items', 'items_in_stage', '1000000 200000 1'),
    ('items', 'items_in_stage_by_due', '1000000 200000 100'),
    ('items', 'items_of_body', '1000000 10000'),
    ('items', 'items_of_resolution', '1000000 5 3'),
    ('items', 'open_by_due', '50000 300'),
    ('items', 'open_of_lead', '50000 500 5'),
    ('items', 'blocked_by_due', '500 5'),
    ('items', 'blocked_of_lead', '500 12 2'),
    ('items', 'paused_by_due', '2000 20'),
    ('items', 'extension_by_due', '500 5'),
    ('items', 'not_holding_by_due', '2000 5'),
    ('items', 'judged_by', '200000 5000 5'),
    ('items', 'held_by', '50000 500 5'),
    ('item_spans', 'spans_of_item', '5000000 5 1 1'),
    ('item_spans', 'spans_by_change', '6000000 1 1'),
    ('item_spans', 'spans_by_due', '5000000 4000 1 1 1'),
    ('item_spans', 'spans_of_lead', '5000000 50000 40 1 1 1'),
    ('item_spans', 'spans_of_promise', '5000000 50000 40 1 1 1 1 1'),
    ('item_spans', 'accepted_spans_by_due', '1000000 700 1 1 1'),
    ('item_spans', 'rescinded_spans_by_due', '50000 50 1 1 1'),
    ('item_spans', 'spans_not_holding', '2000 1 1 1'),
    ('items', 'claimed_by_age', '2000 1'),
    ('items', 'underway_by_age', '30000 1'),
    ('dues', NULL, '1200'),
    ('item_spans', 'open_spans_by_end', '4000000 1000 1'),
    ('item_spans', 'open_spans_by_begin', '4000000 1000 1');
