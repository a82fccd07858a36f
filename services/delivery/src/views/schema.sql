CREATE TABLE subscriptions (
    subscription_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    department_code TEXT,
    stage INTEGER NOT NULL,
    digest_hour INTEGER,
    since INTEGER NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX subscriptions_by_name ON subscriptions (name, subscription_id);
CREATE INDEX subscriptions_by_subject ON subscriptions (subject, name, subscription_id);

CREATE TABLE calendar_feeds (
    calendar_feed_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    department_code TEXT,
    secret_sha256 TEXT NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX calendar_feeds_by_name ON calendar_feeds (name, calendar_feed_id);
CREATE INDEX calendar_feeds_by_subject ON calendar_feeds (subject, name, calendar_feed_id);
CREATE INDEX calendar_feeds_by_secret ON calendar_feeds (secret_sha256);

CREATE TABLE calendar_entries (
    entry_id TEXT PRIMARY KEY,
    is_item INTEGER NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    over_at INTEGER,
    room_code TEXT,
    is_over INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
);
CREATE INDEX calendar_entries_by_end ON calendar_entries (over_at, entry_id);
CREATE INDEX calendar_entries_not_over ON calendar_entries (over_at, entry_id) WHERE NOT is_over;

-- The polls that are open; moments are microseconds since 1970.
CREATE TABLE open_polls (
    session_id TEXT PRIMARY KEY,
    close_by INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX open_polls_by_end ON open_polls (close_by, session_id);

CREATE TABLE calendar_departments (
    entry_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (entry_id, department_code)
) WITHOUT ROWID;
CREATE INDEX calendar_departments_by_code ON calendar_departments (department_code, entry_id);

CREATE TABLE calendar_bodies (
    entry_id TEXT NOT NULL,
    body_code TEXT NOT NULL,
    PRIMARY KEY (body_code, entry_id)
) WITHOUT ROWID;
