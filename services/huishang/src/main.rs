//! The one binary: `up`, `serve`, `health`, `take-answer`, `token`, `identity`, `doctor`, `verify`, `demo`, `import`, `export`, `ledger`, and a client command for every rpc.

mod archive;
mod args;
mod cli;
mod client;
mod doctor;
mod exchange;
mod help;
mod identity;
mod invocation;
mod language;
mod paper;
mod server;
mod settings;
mod stdout;
mod story;
mod usage;

use rustix::fs::Mode;
use std::ffi::OsString;
use std::process::ExitCode;

/// A server allocates on one thread and frees on another all day: with glibc's allocator that is a quarter of its
/// CPU embedded and a third of it over NATS, whose messages are maps of headers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::disallowed_methods, reason = "the language is known before anything is read")]
fn main() -> ExitCode {
    // Whatever is written here, log, views, keys, backups or exports, is for its owner's eyes only.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let words: Vec<OsString> = client::with_joined_truth_values(std::env::args_os());
    language::speak(language::chosen(&words, |name| std::env::var(name).ok()));
    let arguments = match args::Arguments::read(help::without_help_command(words)) {
        Ok(arguments) => arguments,
        Err(error) => return usage::report(&error),
    };
    arguments.language.into_iter().for_each(language::speak);
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
