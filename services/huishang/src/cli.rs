//! Runs what the command line says.

use crate::args::{Arguments, Command, Completions, Export, Identity, Import, Ledger};
use crate::client::layout::{broken, terminal_columns};
use crate::client::{self, health, take_answer, token};
use crate::doctor;
use crate::exchange;
use crate::identity::{self, NotAccepted};
use crate::invocation;
use crate::language::{current, say, text};
use crate::paper;
use crate::server::{self, repair, upgrade};
use crate::stdout::print_line;
use crate::story::{demo, plan};
use service_kit::config::ConfigError;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs one command to its end.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Up(arguments) => server::up(&arguments).await,
        Command::Serve(arguments) => server::serve(&arguments).await,
        Command::Health(arguments) => health::run(&arguments).await,
        Command::TakeAnswer(arguments) => take_answer::run(&arguments).await,
        Command::Token(arguments) => print_line(&token::run(&arguments.claims, &arguments.location.load()?)?),
        Command::Identity(Identity::Explain(arguments)) => identity::explain(&arguments).await,
        Command::Doctor(arguments) => doctor::run(&arguments).await,
        Command::Verify(arguments) => paper::run(&arguments).await,
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Import(Import::Plan(arguments)) => plan::run(&arguments.plan, &arguments.connection).await,
        Command::Import(Import::Directory(arguments)) => {
            exchange::import(&arguments.directory, &arguments.connection).await
        }
        Command::Export(Export::Directory(arguments)) => exchange::export(&arguments.connection).await,
        Command::Export(Export::Popolo(arguments)) => exchange::votes::run(&arguments.connection).await,
        Command::Export(Export::Oparl(arguments)) => {
            exchange::oparl::run(&arguments.oparl, &arguments.connection).await
        }
        Command::Ledger(Ledger::Repair(arguments)) => repair::run(&arguments).await,
        Command::Upgrade(arguments) => upgrade::run(&arguments).await,
        Command::Completions(arguments) => completions(&arguments),
        Command::Client(invocation) => invocation::run(invocation).await,
    }
}

/// Prints to standard error why a command failed; returns the exit code of the process.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let mut out = Vec::new();
    let code = explain(error, &mut out);
    let printed = broken(&String::from_utf8_lossy(&out), terminal_columns(&std::io::stderr()));
    // If standard error is closed, the exit code still tells programs.
    let _ = std::io::stderr().write_all(printed.as_bytes());
    code
}

fn explain(error: &anyhow::Error, out: &mut Vec<u8>) -> ExitCode {
    if let Some(error) = error.downcast_ref::<client::Error>() {
        let _ = error.print(out);
        return ExitCode::from(error.exit_code());
    }
    if error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    // A service refused in the middle of a longer command: print the step, then the refusal.
    if let Some(status) = error.chain().find_map(|cause| cause.downcast_ref::<tonic::Status>()) {
        let steps: Vec<String> = error
            .chain()
            .take_while(|cause| cause.downcast_ref::<tonic::Status>().is_none())
            .map(ToString::to_string)
            .collect();
        if !steps.is_empty() {
            let _ = writeln!(out, "{}", say("during {steps}:", &[("steps", &steps.join(", "))]));
        }
        let refused = client::Error::from_status(status.clone());
        let _ = refused.print(out);
        return ExitCode::from(refused.exit_code());
    }
    let _ = writeln!(out, "{}{}", text("error: "), current().fault(&causes(error)));
    if error.downcast_ref::<ConfigError>().is_some() {
        return ExitCode::from(2);
    }
    if error.downcast_ref::<NotAccepted>().is_some() {
        return ExitCode::from(5);
    }
    if let Some(not_taken) = error.downcast_ref::<take_answer::NotTaken>() {
        return ExitCode::from(not_taken.exit_code());
    }
    if error.downcast_ref::<health::NotServing>().is_some() {
        return ExitCode::from(7);
    }
    error.downcast_ref::<repair::Refusal>().map_or(ExitCode::FAILURE, |refusal| refusal.exit_code().into())
}

/// An error and its causes, each once: some errors say themselves what caused them.
fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        same if same.ends_with(&cause) => told,
        before => format!("{before}: {cause}"),
    })
}

fn completions(arguments: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command_line(), "huishang", &mut script);
    print_line(String::from_utf8(script)?.trim_end())
}
