-- The message is the row as the list returns it.
CREATE TABLE departments (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX departments_by_name ON departments (name, code);
CREATE TABLE members (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    department_code TEXT NOT NULL,
    message BLOB NOT NULL
);
CREATE INDEX members_by_name ON members (name, code);
CREATE INDEX members_of_department ON members (department_code, code);
CREATE INDEX members_of_department_by_name ON members (department_code, name, code);
