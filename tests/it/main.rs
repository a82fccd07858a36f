//! Stories, each run embedded and as separate processes over a real broker.

mod access_log;
mod adjournment;
mod agendas;
mod amendments;
mod answers;
mod authentication;
mod backup;
mod ballots;
mod bodies;
mod calendars;
mod call_log;
mod cascade;
mod changed_since;
mod chinese;
mod command_line;
mod commands;
mod conference;
mod crash;
mod days;
mod debate;
mod delivery;
mod delivery_copies;
mod delivery_robots;
mod digest;
mod doctor;
mod door;
mod double_booking;
mod drafts_by_form;
mod emergencies;
mod erasure;
mod exchange;
mod expecting;
mod export;
mod feed;
mod file_modes;
mod floor_motions;
mod follow_through;
mod health;
mod idempotency;
mod indicators;
mod issuers;
mod item_by_forms;
mod kept_forms;
mod keys;
mod leadership;
mod mail_answers;
mod main_motions;
mod matters;
mod matters_by_forms;
mod member_diaries;
mod metrics;
mod minutes;
mod motions;
mod object_storage;
mod oparl;
mod open_streams;
mod openapi;
mod page_forms;
mod pages;
mod paper;
mod plan;
mod plan_year;
mod poll_letters;
mod polls;
mod put_down;
mod readers;
mod receipt;
mod recounted;
mod reminders;
mod requested_by_form;
mod requests;
mod rescinding;
mod scope;
mod secret_ballots;
mod secret_choices;
mod secret_votes_by_form;
mod server_tls;
mod settings;
mod sign_in;
mod slots;
mod sm2;
mod spelling;
mod story;
mod subscribed_calendars;
mod substitutes;
mod timetables;
mod tls;
mod told;
mod traces;
mod unseen_changes;
mod upgrade;
mod views;
mod waiting;
mod without_ledger;
mod witnesses;

/// Declares a test that runs in both modes of an installation.
#[macro_export]
macro_rules! in_both_modes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn embedded() -> anyhow::Result<()> {
                super::$name(tests::Mode::Embedded).await
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn distributed() -> anyhow::Result<()> {
                super::$name(tests::Mode::Distributed).await
            }
        }
    };
}
