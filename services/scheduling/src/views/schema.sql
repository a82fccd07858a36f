-- The message is the row as the list returns it. A change of a body names it by its id only.
CREATE TABLE bodies (
    code TEXT PRIMARY KEY,
    body_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    message BLOB NOT NULL,
    -- Codes of the departments that have not accepted their seats yet, a space between.
    pending TEXT NOT NULL
);
CREATE INDEX bodies_by_name ON bodies (name, code);

-- The message is the row as the list returns it.
CREATE TABLE rooms (
    code TEXT PRIMARY KEY,
    room_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    site_code TEXT,
    message BLOB NOT NULL
);
CREATE INDEX rooms_by_name ON rooms (name, code);
CREATE INDEX rooms_by_seats ON rooms (seats, code);
-- What rooms have, as it is searched.
CREATE TABLE room_equipment (
    piece TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (piece, code)
) WITHOUT ROWID;
CREATE INDEX equipment_of_room ON room_equipment (code);
-- When rooms are taken, in microseconds since 1970.
CREATE TABLE bookings (
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, session_id)
) WITHOUT ROWID;

-- What keeps departments, rooms and members busy apart from sessions: absences, and times of calendars. Moments are microseconds
-- since 1970; the kind is the number of the wire.
CREATE TABLE busy_times (
    availability_id TEXT NOT NULL,
    kind INTEGER NOT NULL,
    code TEXT NOT NULL,
    absence_id TEXT,
    calendar TEXT,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
);
CREATE INDEX busy_times_by_start ON busy_times (kind, starts_at);
CREATE INDEX busy_times_of_holder ON busy_times (kind, code, starts_at);
CREATE INDEX busy_times_of_absence ON busy_times (availability_id, absence_id);
CREATE INDEX busy_times_of_calendar ON busy_times (availability_id, calendar);
-- The calendars that are kept elsewhere: when each was read, and since when it cannot be read any more.
CREATE TABLE calendars (
    availability_id TEXT NOT NULL,
    calendar TEXT NOT NULL,
    kind INTEGER NOT NULL,
    code TEXT NOT NULL,
    read_at INTEGER,
    subscription_id TEXT,
    failing_since INTEGER,
    PRIMARY KEY (availability_id, calendar)
) WITHOUT ROWID;
CREATE INDEX calendars_by_subscription ON calendars (subscription_id);
-- Who works where now, and whether they are a delegate; whoever was erased is not here. A member is known by the id of their stream.
CREATE TABLE members (
    member_id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    department_code TEXT NOT NULL,
    is_delegate INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX members_by_code ON members (code, department_code);
CREATE INDEX members_of_department ON members (department_code);

-- Moments are microseconds since 1970; kind and stage are the numbers of the wire.
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body_code TEXT NOT NULL,
    kind INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    chair_code TEXT NOT NULL,
    requester_code TEXT,
    topic_count INTEGER NOT NULL,
    attendee_count INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    earliest_start_at INTEGER NOT NULL,
    countersigned INTEGER NOT NULL DEFAULT 0,
    -- Where and when it takes place; 0 while it is not scheduled.
    room_code TEXT,
    -- The site of the room when it was scheduled.
    site_code TEXT,
    starts_at INTEGER NOT NULL DEFAULT 0,
    ends_at INTEGER NOT NULL DEFAULT 0
);
-- Lists are walked in the order of an index. Equal rows are told apart by rowid, which every index ends with.
CREATE INDEX sessions_by_request ON sessions (requested_at);
CREATE INDEX sessions_by_start ON sessions (starts_at);
CREATE INDEX sessions_in_stage ON sessions (stage, requested_at);
CREATE INDEX sessions_in_stage_by_start ON sessions (stage, starts_at);
CREATE INDEX sessions_of_body ON sessions (body_code, requested_at);
CREATE INDEX sessions_of_body_by_start ON sessions (body_code, starts_at);
-- The matters that are or were on the agendas of sessions.
CREATE TABLE session_matters (
    matter_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (matter_id, session_id)
) WITHOUT ROWID;
-- The departments that attend a session, the one in the chair, the one that requested it, and once it takes place as a meeting
-- or in an emergency the substitutes of those that decide.
CREATE TABLE concerned (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    attends INTEGER NOT NULL,
    -- Whether it decides on a topic.
    decides INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session_id, department_code)
) WITHOUT ROWID;
CREATE INDEX sessions_of_department ON concerned (department_code);
-- Who takes part in which topic.
CREATE TABLE roles (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    topic INTEGER NOT NULL,
    is_secret INTEGER NOT NULL,
    decides INTEGER NOT NULL,
    PRIMARY KEY (session_id, department_code, topic)
) WITHOUT ROWID;

-- The invitations to sessions that are scheduled. Moments are microseconds since 1970; the answer is the number of the wire, 0
-- for none.
CREATE TABLE invitations (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    body_code TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    -- Until when it is to be answered.
    answer_by INTEGER,
    answer INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    reminded_at INTEGER,
    UNIQUE (session_id, department_code)
);
CREATE INDEX invitations_by_start ON invitations (starts_at);
CREATE INDEX invitations_of_department ON invitations (department_code, starts_at);
CREATE INDEX invitations_of_body ON invitations (body_code, starts_at);
CREATE INDEX invitations_unanswered ON invitations (answer_by, session_id)
    WHERE answer = 0 AND reminded_at IS NULL AND answer_by IS NOT NULL;

-- The message of a timetable is read from its history. The number of the stage is that of the wire.
CREATE TABLE timetables (
    timetable_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    stage INTEGER NOT NULL,
    proposed_at INTEGER NOT NULL,
    session_count INTEGER NOT NULL,
    change_count INTEGER NOT NULL,
    unplaced_count INTEGER NOT NULL,
    adopted_count INTEGER NOT NULL
);
CREATE INDEX timetables_by_proposal ON timetables (proposed_at);
CREATE INDEX timetables_in_stage ON timetables (stage, proposed_at);
CREATE TABLE timetable_bodies (
    timetable_id TEXT NOT NULL,
    body_code TEXT NOT NULL,
    PRIMARY KEY (timetable_id, body_code)
) WITHOUT ROWID;
CREATE INDEX timetables_of_body ON timetable_bodies (body_code);

-- The last poll of each session; the number of the stage is that of the wire. Moments are microseconds since 1970.
CREATE TABLE polls (
    session_id TEXT PRIMARY KEY,
    stage INTEGER NOT NULL,
    close_by INTEGER NOT NULL,
    -- When whoever has not answered is reminded; NULL when nobody is, and once somebody was.
    remind_at INTEGER
);
CREATE INDEX polls_by_end ON polls (close_by);
CREATE INDEX polls_in_stage ON polls (stage, close_by);
CREATE TABLE poll_times (
    session_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    room_code TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    declined INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session_id, number)
) WITHOUT ROWID;
CREATE INDEX poll_times_by_start ON poll_times (starts_at);
CREATE TABLE poll_departments (
    session_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (session_id, department_code)
) WITHOUT ROWID;
CREATE INDEX polls_of_department ON poll_departments (department_code);
-- To which times departments have answered.
CREATE TABLE poll_answers (
    session_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (session_id, number, department_code)
) WITHOUT ROWID;

-- The clocks of emergencies that have not struck yet, by their numbers; those of calls have the seat that is called.
CREATE TABLE emergency_clocks (
    session_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    seat_code TEXT,
    strikes_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, number)
) WITHOUT ROWID;

-- The calls of emergencies that are not acknowledged yet, also when their time is over, by the seats that they are for.
CREATE TABLE emergency_calls (
    session_id TEXT NOT NULL,
    seat_code TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (session_id, seat_code)
) WITHOUT ROWID;
CREATE INDEX calls_of_department ON emergency_calls (department_code);

-- The number of the stage is that of the wire. The body in charge is the one that it was referred to, or else its own.
CREATE TABLE matters (
    matter_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    body_code TEXT NOT NULL,
    in_charge_code TEXT NOT NULL,
    stage INTEGER NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    raised_by_code TEXT,
    case_reference TEXT,
    -- The same, and all that is searched, without regard to case and width.
    case_key TEXT,
    searched TEXT NOT NULL,
    taken_in_at INTEGER NOT NULL,
    deferrals INTEGER NOT NULL,
    session_id TEXT,
    -- When it comes back, while it is deferred.
    resume_on TEXT,
    resume_at INTEGER
);
CREATE INDEX matters_by_age ON matters (taken_in_at);
CREATE INDEX matters_in_stage ON matters (stage, taken_in_at);
CREATE INDEX matters_settled ON matters (settled, taken_in_at);
CREATE INDEX matters_of_body ON matters (in_charge_code, taken_in_at);
CREATE INDEX matters_of_own_body ON matters (body_code);
CREATE INDEX matters_of_case ON matters (case_key, taken_in_at) WHERE case_key IS NOT NULL;
CREATE INDEX matters_coming_back ON matters (resume_at) WHERE resume_at IS NOT NULL;
-- The departments that may know of a matter.
CREATE TABLE concerned_by_matter (
    matter_id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (matter_id, department_code)
) WITHOUT ROWID;
CREATE INDEX matters_of_department ON concerned_by_matter (department_code);

-- Matters, sessions and action items that are not settled, for comparing others with them. The number of the kind is
-- that of the wire.
CREATE TABLE unsettled (
    rowid INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    title TEXT NOT NULL,
    -- NULL: not known of an item.
    body_code TEXT,
    -- The other body that a matter is before, while it is referred.
    referred_to_code TEXT
);
CREATE TABLE concerned_by_unsettled (
    id TEXT NOT NULL,
    department_code TEXT NOT NULL,
    PRIMARY KEY (id, department_code)
) WITHOUT ROWID;
CREATE INDEX unsettled_of_department ON concerned_by_unsettled (department_code);
CREATE VIRTUAL TABLE unsettled_titles USING fts5 (title, tokenize = 'trigram case_sensitive 1', detail = 'full');
