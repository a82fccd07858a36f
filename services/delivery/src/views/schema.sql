CREATE TABLE subscriptions (
    subscription_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    department_code TEXT,
    stage INTEGER NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX subscriptions_by_name ON subscriptions (name, subscription_id);
CREATE INDEX subscriptions_by_subject ON subscriptions (subject, name, subscription_id);
