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
    -- Name of the zone whose calendar days are counted.
    time_zone TEXT NOT NULL,
    stage INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    contested INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    acceptor_code TEXT,
    body_code TEXT,
    first_due_on TEXT NOT NULL,
    -- The position at which it began.
    planned INTEGER NOT NULL,
    -- The blocked departments by code, each with the one that it asked for help: "WATER:FINANCE", with a space between.
    blockages TEXT NOT NULL DEFAULT '',
    -- The first of those asked.
    help_from_code TEXT,
    escalated_to INTEGER NOT NULL DEFAULT 0,
    highest_escalation INTEGER NOT NULL DEFAULT 0,
    -- Whether a leader gave an instruction since the leadership was last notified.
    instructed INTEGER NOT NULL DEFAULT 0,
    -- Whether it was ever overdue.
    was_late INTEGER NOT NULL DEFAULT 0,
    extensions INTEGER NOT NULL DEFAULT 0,
    -- The rungs of its ladder that are still to come, in their order: "due_at:number:kind", with a space between.
    rungs TEXT NOT NULL,
    -- The first of those that time runs for.
    next_notice_at INTEGER,
    next_rung INTEGER,
    -- The columns of the board, as far as they do not depend on the clock. In stage 1 the lead has something to do, in
    -- stage 2 the item is claimed, in stage 3 accepted, in stage 4 no longer owed.
    open INTEGER NOT NULL AS (stage IN (1, 2)),
    blocked INTEGER NOT NULL AS (stage IN (1, 2) AND help_from_code IS NOT NULL),
    escalated INTEGER NOT NULL AS (stage IN (1, 2) AND escalated_to > 0),
    unacknowledged INTEGER NOT NULL AS (stage IN (1, 2) AND acknowledged = 0),
    claimed INTEGER NOT NULL AS (stage = 2),
    extended INTEGER NOT NULL AS (stage IN (1, 2) AND extensions > 0),
    done INTEGER NOT NULL AS (stage = 3),
    held INTEGER NOT NULL AS (stage = 1 AND (paused OR contested)),
    cancelled INTEGER NOT NULL AS (stage = 4),
    -- Whether the clock runs for the lead.
    runs INTEGER NOT NULL AS (stage = 1 AND NOT paused AND NOT contested)
);
-- Lists are walked in the order of an index, or sort what a small one holds. Few follow-ups of a grown log are open,
-- so an index of them costs little. Equal rows are told apart by rowid, which every index ends with.
CREATE INDEX follow_ups_by_number ON follow_ups (number);
CREATE INDEX follow_ups_by_due ON follow_ups (due_at);
CREATE INDEX follow_ups_of_lead ON follow_ups (lead_code, due_at);
CREATE INDEX follow_ups_of_lead_by_number ON follow_ups (lead_code, number);
CREATE INDEX follow_ups_of_body ON follow_ups (body_code);
CREATE INDEX follow_ups_by_plan ON follow_ups (planned);
CREATE INDEX follow_ups_of_resolution ON follow_ups (resolution);
CREATE INDEX open_by_due ON follow_ups (due_at) WHERE open;
CREATE INDEX open_by_number ON follow_ups (number) WHERE open;
CREATE INDEX by_next ON follow_ups (next_notice_at) WHERE next_notice_at IS NOT NULL;
CREATE INDEX open_of_body ON follow_ups (body_code) WHERE open;
CREATE INDEX open_of_lead ON follow_ups (lead_code, due_at) WHERE open;
CREATE INDEX blocked_by_due ON follow_ups (due_at) WHERE blocked;
CREATE INDEX escalated_by_due ON follow_ups (due_at) WHERE escalated;
CREATE INDEX unacknowledged_by_due ON follow_ups (due_at) WHERE unacknowledged;
CREATE INDEX claimed_by_due ON follow_ups (due_at) WHERE claimed;
CREATE INDEX extended_by_due ON follow_ups (due_at) WHERE extended;
CREATE INDEX held_by_due ON follow_ups (due_at) WHERE held;
CREATE INDEX cancelled_by_due ON follow_ups (due_at) WHERE cancelled;
CREATE INDEX was_late_by_due ON follow_ups (due_at) WHERE was_late;
CREATE INDEX cancelled_by_number ON follow_ups (number) WHERE cancelled;
CREATE INDEX was_late_by_number ON follow_ups (number) WHERE was_late;
CREATE INDEX done_by_due ON follow_ups (due_at) WHERE done;
CREATE INDEX done_by_number ON follow_ups (number) WHERE done;

-- The departments that support an item; a follow-up by its rowid.
CREATE TABLE supporting (
    department TEXT NOT NULL,
    follow_up INTEGER NOT NULL,
    PRIMARY KEY (department, follow_up)
) WITHOUT ROWID;

-- The departments that are asked for help with an item, and the one that judges it; a follow-up by its rowid.
CREATE TABLE called_upon (
    department TEXT NOT NULL,
    follow_up INTEGER NOT NULL,
    PRIMARY KEY (department, follow_up)
) WITHOUT ROWID;
CREATE INDEX called_upon_for ON called_upon (follow_up);
-- The same, and those that ever were: by it, what waited for them at any moment is found.
CREATE TABLE ever_called_upon (
    department TEXT NOT NULL,
    follow_up INTEGER NOT NULL,
    PRIMARY KEY (department, follow_up)
) WITHOUT ROWID;

-- The departments that ever led an item, with its number: what one of them led at any moment is read in that order.
CREATE TABLE ever_led (
    department TEXT NOT NULL,
    number TEXT NOT NULL,
    follow_up INTEGER NOT NULL,
    PRIMARY KEY (department, number, follow_up)
) WITHOUT ROWID;

-- The board's counts, kept by whoever writes a follow-up. Those that the clock does not change, for each department and
-- body; the body is empty where it is not known:
CREATE TABLE board (
    lead_code TEXT NOT NULL,
    body_code TEXT NOT NULL,
    follow_ups INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    escalated INTEGER NOT NULL DEFAULT 0,
    unacknowledged INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER NOT NULL DEFAULT 0,
    extended INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    was_late INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (lead_code, body_code)
) WITHOUT ROWID;
-- The others are sums over the due moments whose clock runs, which are few: each is the end of some day.
CREATE TABLE running (
    lead_code TEXT NOT NULL,
    body_code TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    follow_ups INTEGER NOT NULL,
    PRIMARY KEY (lead_code, body_code, due_at)
) WITHOUT ROWID;

-- What both were since a position, until the next row of the same key: the board of any moment.
CREATE TABLE board_spans (
    lead_code TEXT NOT NULL,
    body_code TEXT NOT NULL,
    since INTEGER NOT NULL,
    follow_ups INTEGER NOT NULL,
    open INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    escalated INTEGER NOT NULL,
    unacknowledged INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    extended INTEGER NOT NULL,
    done INTEGER NOT NULL,
    held INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    was_late INTEGER NOT NULL,
    PRIMARY KEY (lead_code, body_code, since)
) WITHOUT ROWID;
-- Of the clocks only those that run, each up to before another position. `node` is under which node of all positions a span is
-- found; see the module spans of service-kit.
CREATE TABLE running_spans (
    span INTEGER PRIMARY KEY,
    lead_code TEXT NOT NULL,
    body_code TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    node INTEGER NOT NULL,
    follow_ups INTEGER NOT NULL
);
CREATE INDEX running_spans_of_clock ON running_spans (lead_code, body_code, due_at, since);
CREATE INDEX running_spans_by_end ON running_spans (node, until);
CREATE INDEX running_spans_by_begin ON running_spans (node, since);

-- What follow-ups were since a position, up to before another one: the lists of any moment. `node` is under which node of
-- all positions a span is found; see the module spans of service-kit.
CREATE TABLE follow_up_spans (
    span INTEGER PRIMARY KEY,
    -- A follow-up by its rowid.
    follow_up INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    node INTEGER NOT NULL,
    lead_code TEXT NOT NULL,
    due_on TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    acknowledge_by INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    contested INTEGER NOT NULL,
    paused INTEGER NOT NULL,
    acceptor_code TEXT,
    first_due_on TEXT NOT NULL,
    blockages TEXT NOT NULL,
    help_from_code TEXT,
    escalated_to INTEGER NOT NULL,
    highest_escalation INTEGER NOT NULL,
    instructed INTEGER NOT NULL,
    was_late INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    next_notice_at INTEGER,
    open INTEGER NOT NULL AS (stage IN (1, 2)),
    blocked INTEGER NOT NULL AS (stage IN (1, 2) AND help_from_code IS NOT NULL),
    escalated INTEGER NOT NULL AS (stage IN (1, 2) AND escalated_to > 0),
    unacknowledged INTEGER NOT NULL AS (stage IN (1, 2) AND acknowledged = 0),
    claimed INTEGER NOT NULL AS (stage = 2),
    extended INTEGER NOT NULL AS (stage IN (1, 2) AND extensions > 0),
    done INTEGER NOT NULL AS (stage = 3),
    held INTEGER NOT NULL AS (stage = 1 AND (paused OR contested)),
    cancelled INTEGER NOT NULL AS (stage = 4),
    runs INTEGER NOT NULL AS (stage = 1 AND NOT paused AND NOT contested)
);
CREATE INDEX spans_of_follow_up ON follow_up_spans (follow_up, since, until);
CREATE INDEX spans_by_change ON follow_up_spans (since, follow_up);
CREATE INDEX spans_by_due ON follow_up_spans (due_at, since, until, follow_up);
CREATE INDEX spans_of_lead ON follow_up_spans (lead_code, due_at, since, until, follow_up);
CREATE INDEX late_spans_by_due ON follow_up_spans (due_at, since, until, follow_up) WHERE was_late;
CREATE INDEX cancelled_spans_by_due ON follow_up_spans (due_at, since, until, follow_up) WHERE cancelled;
CREATE INDEX done_spans_by_due ON follow_up_spans (due_at, since, until, follow_up) WHERE done;
CREATE INDEX open_spans_by_end ON follow_up_spans (node, until) WHERE open;
CREATE INDEX open_spans_by_begin ON follow_up_spans (node, since) WHERE open;

-- The moments at which any of them was ever due: few, as most are the ends of days. Past follow-ups are walked from one to the
-- next.
CREATE TABLE dues (
    due_at INTEGER PRIMARY KEY
);

-- The departments whose matter an emergency is, and until when clocks of it run; it has the id of its session.
CREATE TABLE emergencies (
    session_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    chair_code TEXT NOT NULL,
    -- The departments whose clerks act for the body, with a space between.
    secretariat_codes TEXT NOT NULL,
    running INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX emergencies_running ON emergencies (running) WHERE running;
CREATE TABLE called (
    session_id TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (session_id, department)
) WITHOUT ROWID;
CREATE INDEX emergencies_of_department ON called (department);

-- The dockets of which somebody may be reminded, with what a notice says of them.
CREATE TABLE dockets (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    chair_code TEXT NOT NULL,
    -- How many days before the end of a countersign the rule of its body has, and when the clock reminds next.
    days INTEGER NOT NULL,
    next_at INTEGER
) WITHOUT ROWID;
CREATE INDEX dockets_reminding ON dockets (next_at, id) WHERE next_at IS NOT NULL;
-- The sessions to which somebody may be invited, with what a notice says of them, and when the clock reminds next.
CREATE TABLE invited (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    chair_code TEXT NOT NULL,
    next_at INTEGER
) WITHOUT ROWID;
CREATE INDEX invited_reminding ON invited (next_at, id) WHERE next_at IS NOT NULL;
-- Who was notified of what, and of an item as it was at the time. Of an emergency, and where
-- an answer is awaited, there is a session and no item.
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
    deadline_at INTEGER NOT NULL,
    session_id TEXT
);
CREATE INDEX notices_by_time ON notices (occurred_at);
CREATE INDEX notices_on_emergency ON notices (session_id, occurred_at) WHERE session_id IS NOT NULL;
-- What is for one department alone: an answer is awaited from it.
CREATE INDEX notices_for_one ON notices (addressee) WHERE kind IN (18, 19);
CREATE INDEX notices_on_item ON notices (follow_up, occurred_at);
CREATE INDEX notices_to_lead ON notices (lead_code, occurred_at);

-- What the indicators are computed from.
-- Of what can change, it is kept from which position it was so; `until` is the greatest number where it still is.
CREATE TABLE departments (
    code TEXT PRIMARY KEY,
    registered_since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    body_code TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    -- NULL: nobody met.
    convened_at INTEGER,
    convened_since INTEGER,
    -- When a countersign decided something, in place of a meeting.
    avoided_at INTEGER,
    avoided_since INTEGER,
    -- The working time that it would have cost, in minutes.
    person_minutes INTEGER NOT NULL,
    -- The session that it was merged into, at last.
    merged_into TEXT,
    -- How much of that time nobody spent, since something was decided without this session: by countersign, or in the session
    -- that it was merged into.
    spared_minutes INTEGER,
    spared_at INTEGER,
    spared_since INTEGER
);
CREATE INDEX sessions_merged ON sessions (merged_into);
-- What an hour of one person costs by the rules that it was screened against, since a position: in the smallest units of the
-- currency, of which so many are one; NULL where its body had no rate.
CREATE TABLE session_rates (
    session TEXT NOT NULL,
    since INTEGER NOT NULL,
    currency TEXT,
    minor_units INTEGER,
    units_in_one INTEGER,
    PRIMARY KEY (session, since)
) WITHOUT ROWID;
-- How many topics it had since a position.
CREATE TABLE session_topics (
    session TEXT NOT NULL,
    since INTEGER NOT NULL,
    topics INTEGER NOT NULL,
    PRIMARY KEY (session, since)
) WITHOUT ROWID;
CREATE INDEX sessions_of_body ON sessions (body_code, id);
-- The departments whose matter a session and its docket are: those that attend, and the chair and the requester.
CREATE TABLE concerned (
    session TEXT NOT NULL,
    department TEXT NOT NULL,
    -- Not because it attends: a revision replaces those that do.
    always INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (session, department, since)
) WITHOUT ROWID;
CREATE INDEX sessions_of_department ON concerned (department, session, since, until);
-- The dockets of meetings; countersigns have no meeting.
CREATE TABLE meetings (
    id TEXT PRIMARY KEY,
    body_code TEXT NOT NULL,
    topics INTEGER NOT NULL,
    -- Topics with a timebox.
    bounded INTEGER NOT NULL,
    opened_at INTEGER,
    closed_at INTEGER,
    closed_since INTEGER,
    outcomes INTEGER,
    spent_seconds INTEGER,
    digression_minutes INTEGER
);
-- From when until when a department was there; without an end, it is there still, or was until the end.
CREATE TABLE presences (
    meeting TEXT NOT NULL,
    department TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER,
    PRIMARY KEY (meeting, department, starts_at)
) WITHOUT ROWID;
-- Who decides or advises on a topic of a meeting.
CREATE TABLE roles (
    meeting TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (meeting, department)
) WITHOUT ROWID;
-- Who made a statement, submitted something, voted, led it, or is to do something that was drafted there.
CREATE TABLE acted (
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
    adopted_since INTEGER NOT NULL,
    adopted_until INTEGER NOT NULL,
    PRIMARY KEY (docket, topic, adopted_since)
) WITHOUT ROWID;

-- What the query planner is told of a grown log, so that it sorts the rows of a small index rather than walk all rows
-- in their order: about how many rows an index has, and how many of them share what it is sorted by.
ANALYZE departments;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('follow_ups', 'follow_ups_by_number', '1000000 1'),
    ('follow_ups', 'follow_ups_by_due', '1000000 700'),
    ('follow_ups', 'follow_ups_of_lead', '1000000 10000 10'),
    ('follow_ups', 'follow_ups_of_lead_by_number', '1000000 10000 1'),
    ('follow_ups', 'follow_ups_of_body', '1000000 10000'),
    ('follow_ups', 'follow_ups_of_resolution', '1000000 5'),
    ('follow_ups', 'open_by_due', '50000 300'),
    ('follow_ups', 'open_by_number', '50000 1'),
    ('follow_ups', 'by_next', '50000 100'),
    ('follow_ups', 'open_of_body', '50000 500'),
    ('follow_ups', 'held_by_due', '500 5'),
    ('follow_ups', 'cancelled_by_due', '20000 50'),
    ('follow_ups', 'was_late_by_due', '100000 100'),
    ('follow_ups', 'cancelled_by_number', '20000 1'),
    ('follow_ups', 'was_late_by_number', '100000 1'),
    ('follow_ups', 'open_of_lead', '50000 500 5'),
    ('follow_ups', 'blocked_by_due', '500 5'),
    ('follow_ups', 'escalated_by_due', '500 5'),
    ('follow_ups', 'unacknowledged_by_due', '2000 20'),
    ('follow_ups', 'claimed_by_due', '2000 20'),
    ('follow_ups', 'extended_by_due', '2000 20'),
    ('follow_ups', 'done_by_due', '950000 500'),
    ('follow_ups', 'done_by_number', '950000 1'),
    ('follow_up_spans', 'spans_of_follow_up', '6000000 6 1 1'),
    ('follow_up_spans', 'spans_by_change', '6000000 1 1'),
    ('follow_up_spans', 'spans_by_due', '6000000 4000 1 1 1'),
    ('follow_up_spans', 'spans_of_lead', '6000000 60000 40 1 1 1'),
    ('follow_up_spans', 'late_spans_by_due', '300000 200 1 1 1'),
    ('follow_up_spans', 'cancelled_spans_by_due', '20000 20 1 1 1'),
    ('follow_up_spans', 'done_spans_by_due', '1000000 700 1 1 1'),
    ('dues', NULL, '1200'),
    ('follow_up_spans', 'open_spans_by_end', '5000000 1000 1'),
    ('follow_up_spans', 'open_spans_by_begin', '5000000 1000 1');
