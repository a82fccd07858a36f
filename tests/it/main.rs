//! Stories, each run embedded and as separate processes over a real broker.

mod backup;
mod command_line;
mod crash;
mod door;
mod double_booking;
mod export;
mod idempotency;
mod plan;
mod receipt;
mod story;
mod views;

/// Declares a test that runs in both ways an installation can be made up.
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
