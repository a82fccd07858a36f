//! How the code of a thing is spelled. Codes that a reader takes for the same one, such as `JOINT`, `joint` and
//! `ＪＯＩＮＴ`, name one thing of a kind at most: the second is refused, and the refusal names the first.
//!
//! A code that is spelled as it reads, such as `JOINT`, is taken by the stream of what it names. One that is not is taken in a
//! stream of its reading, by the commit that defines the thing and notes itself in the other stream too: so of two who define at
//! once what reads the same, one conflicts with the other and is decided again. The codes of members are none of these: they are
//! names at the provider where people sign in, which tells them apart by case.

use crate::{Aggregate, Audience, Code, Issued, Uuid, aggregate::derived_id, rejections};
use std::marker::PhantomData;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes a spelling for what is defined by it.
    Take {
        /// The code as it is spelled.
        code: Code,
        /// Whether it was defined before: what is, keeps its code, whatever reads like it.
        is_known: bool,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What reads like this is spelled like this from now on.
    Taken {
        /// The code as it is spelled.
        code: Code,
    },
}

rejections! {
    /// Why a code is not taken.
    Rejection {
        DuplicateCode("DUPLICATE_CODE") { given_code: Code, known_code: Code } =
            "{given_code} reads like {known_code}, which is known already; spell it {known_code}, or choose another code",
    }
}

/// How a code is spelled, once it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    code: Option<Code>,
}

/// The contexts whose things are known by codes; each keeps the spellings of its own.
pub trait Spelled: Send + Sync + 'static {
    /// The category of the streams in which the context keeps them.
    const CATEGORY: &'static str;
}

/// The spelling aggregate of a context.
#[derive(Debug)]
pub struct Spelling<C>(PhantomData<C>);

impl<C: Spelled> Spelling<C> {
    /// The id of all spellings of this code for a thing of kind `A`.
    pub fn id<A: Aggregate>(code: &Code) -> Uuid {
        derived_id(Uuid::NAMESPACE_OID, &[C::CATEGORY, A::CATEGORY, &code.reading()])
    }
}

impl<C: Spelled> Aggregate for Spelling<C> {
    const CATEGORY: &'static str = C::CATEGORY;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Take { code, is_known } = command;
        match &state.code {
            None if code.reading() == code.as_str() => Ok(vec![]),
            None => Ok(vec![Event::Taken { code }]),
            Some(known) if *known == code || is_known => Ok(vec![]),
            Some(known) => Err(Rejection::DuplicateCode { given_code: code, known_code: known.clone() }),
        }
    }

    /// Everybody may see what is known by a code.
    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_: State, event: &Event) -> State {
        let Event::Taken { code } = event;
        State { code: Some(code.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::department::Department;
    use crate::directory::{Directory, Spelling};
    use crate::scheduling::room::Room;
    use crate::testing::{code, given};
    use proptest::prelude::*;

    fn take(text: &str) -> Command {
        Command::Take { code: code(text), is_known: false }
    }

    #[test]
    fn the_second_spelling_is_refused_and_the_first_one_named() {
        assert_eq!(given::<Spelling>(&[]).when(take("JOINT")), Ok(vec![]), "its own stream takes it");
        let first = given::<Spelling>(&[]).when(take("Joint")).unwrap();
        assert_eq!(first, [Event::Taken { code: code("Joint") }]);
        assert_eq!(given::<Spelling>(&first).when(take("Joint")), Ok(vec![]), "it comes twice");
        for text in ["joint", "JOINT", "ＪＯＩＮＴ"] {
            assert_eq!(
                given::<Spelling>(&first).when(take(text)),
                Err(Rejection::DuplicateCode { given_code: code(text), known_code: code("Joint") })
            );
        }
        let known = Command::Take { code: code("joint"), is_known: true };
        assert_eq!(
            given::<Spelling>(&first).when(known.clone()),
            Ok(vec![]),
            "what was defined before this was asked"
        );
        assert_eq!(given::<Spelling>(&[]).when(known), Ok(vec![Event::Taken { code: code("joint") }]));
    }

    #[test]
    fn what_reads_the_same_is_one_thing_of_a_kind() {
        let department = |text| Spelling::id::<Department>(&code(text));
        assert_eq!(department("发改委-1"), department("发改委-１"));
        assert_eq!(department("STRASSE"), department("Straße"));
        assert_ne!(department("发改委"), department("发改局"));
        assert_ne!(department("CAFE"), department("CAFÉ"));
        assert_ne!(
            department("LI"),
            Spelling::id::<Room>(&code("LI")),
            "a department and a room may share it"
        );
        assert_ne!(Spelling::id::<Department>(&code("LI")), Department::id(&code("LI")));
        assert_eq!(<Spelling as Aggregate>::CATEGORY, <Directory as Spelled>::CATEGORY);
    }

    proptest! {
        /// Whatever the letters, and however their case and width are mixed: what reads the same has one stream, and of those
        /// that are not spelled as they read only the first is ever taken there.
        #[test]
        fn of_codes_that_read_the_same_one_is_taken(
            letters in "[A-Za-z0-9._-]{1,12}",
            changes in prop::collection::vec(0..4_u8, 12),
        ) {
            let respelled: String =
                letters.chars().zip(&changes).map(|(letter, change)| respell(letter, *change)).collect();
            // What has nothing to see is no code.
            let (Ok(first), Ok(second)) = (Code::parse(&letters), Code::parse(&respelled)) else { return Ok(()) };
            prop_assert_eq!(first.reading(), second.reading());
            prop_assert_eq!(Spelling::id::<Department>(&first), Spelling::id::<Department>(&second));
            let taken = given::<Spelling>(&[]).when(take(first.as_str())).unwrap();
            prop_assert_eq!(taken.is_empty(), first.reading() == first.as_str());
            let again = given::<Spelling>(&taken).when(take(second.as_str()));
            prop_assert_eq!(again.is_ok(), taken.is_empty() || first == second);
        }
    }

    /// A letter in another case, or as wide as a Chinese character; a sign as it is.
    fn respell(letter: char, change: u8) -> char {
        match change {
            1 => letter.to_ascii_uppercase(),
            2 => letter.to_ascii_lowercase(),
            3 if letter.is_ascii_alphanumeric() => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
            _ => letter,
        }
    }
}
