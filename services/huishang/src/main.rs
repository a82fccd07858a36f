//! The one binary: `up`, `serve`, `demo`, the client commands, `log`, `token`.

mod access;
mod archive;
mod args;
mod cli;
mod client;
mod demo;
mod installation;
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
    let outcome =
        runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(cli::run(arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::report(&error),
    }
}
