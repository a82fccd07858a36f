//! Commands as a shell reads them, as far as documents need it.

/// The commands in a text, each as its words. Comments and redirections are left out.
pub fn commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        let mut command = Vec::new();
        let mut words = words(line).into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "|" | "&&" | ";" | "&" => commands.push(std::mem::take(&mut command)),
                ">" | "<" => drop(words.next()),
                _ => command.push(word),
            }
        }
        commands.push(command);
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// The words of a line, without their quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
