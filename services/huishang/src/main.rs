//! The one binary: `up`, `serve`, `demo`, the client commands, `log`, `token`.

mod access;
mod archive;
mod args;
mod cli;
mod client;
mod demo;
mod installation;
mod log_watch;
mod matter;
mod node;
mod page;
mod plan;
mod repair;
mod stale;
mod token;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(cli::run(arguments));
        // Whatever still reads in the background must not keep a process that has to end.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::report(&error),
    }
}
