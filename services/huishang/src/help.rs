//! The help in Chinese: the command line as it was built, with every sentence replaced. Its lines are broken here,
//! because clap breaks lines only at spaces, which Chinese does not have.

use crate::client::commands;
use crate::client::layout::{broken, terminal_columns};
use crate::language::{current, say, text};
use clap::{Arg, ArgAction, Command};
use client::Language;

/// Columns by which clap indents the help of an argument that stands below it.
const ARGUMENT_INDENT: usize = 10;
/// Columns around the name of a command in a list of commands.
const COMMAND_GAPS: usize = 4;

/// The command line in the language that is spoken.
pub fn in_language(command: Command) -> Command {
    match current() {
        Language::English => command,
        Language::Chinese => in_chinese(command, 0),
    }
}

/// A command in Chinese, and all below it. In a list of commands, what it does stands indented by so many columns.
fn in_chinese(command: Command, indent: usize) -> Command {
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{}{{usage}}\n\n{{all-args}}{{after-help}}",
        text("Usage: ")
    );
    let is_noun = |command: &Command| commands::find(command.get_name()).is_some();
    // A verb may have the name of another noun.
    let has_verbs = is_noun(&command);
    let longest = command.get_subcommands().map(|command| command.get_name().len()).max().unwrap_or(0);
    let within = longest + COMMAND_GAPS;
    let command = described(command, indent)
        .help_template(template)
        .subcommand_help_heading(text("Commands"))
        .subcommand_value_name(text("COMMAND"))
        // Their descriptions are in English; main turns the command 'help' into the flag.
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .mut_args(argument)
        // A noun has no commands before it is called; then it comes here by itself.
        .mut_subcommands(|command| match is_noun(&command) && !has_verbs {
            true => described(command, within),
            false => in_chinese(command, within),
        });
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
fn described(mut command: Command, indent: usize) -> Command {
    if let Some(about) = command.get_about().map(ToString::to_string) {
        command = command.about(in_lines(text(&about), indent));
    }
    if let Some(about) = command.get_long_about().map(ToString::to_string) {
        command = command.long_about(in_lines(text(&about), 0));
    }
    match command.get_after_help().map(ToString::to_string) {
        Some(after) => command.after_help(in_lines(text(&after), 0)),
        None => command,
    }
}

/// A text in lines of the terminal, indented by so many columns.
fn in_lines(text: &str, indent: usize) -> String {
    broken(text, terminal_columns(&std::io::stdout()).map(|columns| columns.saturating_sub(indent)))
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
        .map(|help| help.map(|help| format!("{}{note}", text(&help.to_string()))))
        .map(|help| help.map(|help| in_lines(&help, ARGUMENT_INDENT)));
    let argument = argument.help_heading(heading).next_line_help(true);
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
