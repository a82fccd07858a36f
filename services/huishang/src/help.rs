//! The help in Chinese: the command line as it was built, with every sentence replaced.

use crate::client::commands;
use crate::language::{current, say, text};
use clap::{Arg, ArgAction, Command};
use client::Language;

/// The command line in the language that is spoken.
pub fn in_language(command: Command) -> Command {
    if current() == Language::English {
        return command;
    }
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{}{{usage}}\n\n{{all-args}}{{after-help}}",
        text("Usage: ")
    );
    let is_noun = |command: &Command| commands::find(command.get_name()).is_some();
    let command = described(command)
        .help_template(template)
        .subcommand_help_heading(text("Commands"))
        .subcommand_value_name(text("COMMAND"))
        // Their descriptions are in English; main turns the command 'help' into the flag.
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .mut_args(argument)
        // A noun has no commands before it is called; then it comes here by itself.
        .mut_subcommands(|command| if is_noun(&command) { described(command) } else { in_language(command) });
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help(text("Print help"));
    let command = command.arg(argument(help));
    match command.get_version() {
        None => command,
        Some(_) => {
            let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
            command.disable_version_flag(true).arg(argument(version.help(text("Print version"))))
        }
    }
}

/// A command with its own sentences replaced.
fn described(mut command: Command) -> Command {
    if let Some(about) = command.get_about().map(ToString::to_string) {
        command = command.about(text(&about).to_owned());
    }
    if let Some(about) = command.get_long_about().map(ToString::to_string) {
        command = command.long_about(text(&about).to_owned());
    }
    match command.get_after_help().map(ToString::to_string) {
        Some(after) => command.after_help(text(&after).to_owned()),
        None => command,
    }
}

/// An argument with its sentences replaced, and with what clap would add to them in English.
fn argument(argument: Arg) -> Arg {
    let heading = match argument.get_help_heading() {
        Some(heading) => text(heading).to_owned(),
        None if argument.is_positional() => text("Arguments").to_owned(),
        None => text("Options").to_owned(),
    };
    let note = note(&argument);
    let [short, long] = [argument.get_help(), argument.get_long_help()]
        .map(|help| help.map(|help| format!("{}{note}", text(&help.to_string()))));
    let argument = argument.help_heading(heading);
    let argument = match argument.get_action().takes_values() {
        true => argument.hide_possible_values(true).hide_default_value(true).hide_env(true),
        false => argument,
    };
    let argument = match short {
        Some(help) => argument.help(help),
        None => argument,
    };
    match long {
        Some(help) => argument.long_help(help),
        None => argument,
    }
}

/// The values that an argument can have, its default, and its variable; not those that it says already, as an argument
/// of every command does when it comes here a second time.
fn note(argument: &Arg) -> String {
    let mut note = String::new();
    if !argument.get_action().takes_values() {
        return note;
    }
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| match value.get_help() {
            Some(help) => format!("{} {}", value.get_name(), text(&help.to_string())),
            None => value.get_name().to_owned(),
        })
        .collect();
    if !values.is_empty() && !argument.is_hide_possible_values_set() {
        note += &say(" [possible values: {values}]", &[("values", &values.join(text(", ")))]);
    }
    if let Some(value) =
        argument.get_default_values().first().filter(|_| !argument.is_hide_default_value_set())
    {
        note += &say(" [default: {value}]", &[("value", &value.display())]);
    }
    if let Some(variable) = argument.get_env().filter(|_| !argument.is_hide_env_set()) {
        note += &say(" [env: {variable}]", &[("variable", &variable.display())]);
    }
    note
}

/// The words of a command line with the flag `--help` in place of the command `help`, which [`in_language`] takes away.
pub fn without_help_command(mut words: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let commands = words.iter().skip(1).take_while(|word| !word.to_string_lossy().starts_with('-'));
    if let Some(at) = commands.take(2).position(|word| word == "help")
        && current() == Language::Chinese
    {
        words.remove(at + 1);
        words.push("--help".into());
    }
    words
}
