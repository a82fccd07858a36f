//! The one binary: `up`, `serve`, `token`, `demo`, `import`, `ledger`, and a client command for every rpc.

mod archive;
mod args;
mod cli;
mod client;
mod demo;
mod deployment;
mod log_health;
mod matter;
mod node;
mod plan;
mod repair;
mod stale_log;
mod stdout;
mod token;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(cli::run(arguments));
        // A background task that still reads must not delay the end of the process.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::report(&error),
    }
}
