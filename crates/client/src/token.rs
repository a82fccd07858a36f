//! The token that says who calls.

use tonic::metadata::{Ascii, MetadataValue};

/// A bearer token. It is not shown by `Debug`.
#[derive(Debug, Clone)]
pub struct Token(MetadataValue<Ascii>);

/// The text contains characters that no token has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token contains characters that are not allowed in one")]
pub struct InvalidToken;

impl Token {
    /// The token with this text; white space around it is no part of it.
    pub fn bearer(text: &str) -> Result<Token, InvalidToken> {
        let mut value: MetadataValue<Ascii> =
            format!("Bearer {}", text.trim()).parse().map_err(|_| InvalidToken)?;
        value.set_sensitive(true);
        Ok(Token(value))
    }

    /// What is sent as `authorization`.
    pub(crate) fn metadata(&self) -> MetadataValue<Ascii> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_as_it_is_and_never_shown() {
        let token = Token::bearer(" a.b.c\n").expect("a token");
        assert_eq!(token.metadata(), "Bearer a.b.c");
        assert!(!format!("{token:?}").contains("a.b.c"));
        assert_eq!(Token::bearer("a\nb").err(), Some(InvalidToken));
    }
}
