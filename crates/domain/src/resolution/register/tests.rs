use super::*;
use crate::testing::given;

fn issue(body: &str, year: u32, resolution: u128) -> Command {
    Command::Issue { body: Code::parse(body).unwrap(), year, resolution: Uuid::from_u128(resolution) }
}

#[test]
fn numbers_have_no_gaps_and_a_resolution_keeps_its_own() {
    let mut history: Vec<Event> = Vec::new();
    for resolution in [7, 8, 7, 9, 8] {
        history.extend(given::<Register>(&history).when(issue("JC", 2027, resolution)).unwrap());
    }
    let numbers: Vec<String> =
        history.iter().map(|Event::NumberIssued { number, .. }| number.to_string()).collect();
    assert_eq!(numbers, ["JC-2027-0001", "JC-2027-0002", "JC-2027-0003"]);
    let state = Register::fold(State::default(), &history);
    assert_eq!(state.number_of(Uuid::from_u128(8)).map(Line::as_str), Some("JC-2027-0002"));

    assert_eq!(
        given::<Register>(&history).when(issue("JC", 2028, 10)),
        Err(Rejection::WrongRegister { requested: "JC-2028".into(), register: "JC-2027".into() })
    );
    assert_ne!(
        Register::id(&Code::parse("JC").unwrap(), 2027),
        Register::id(&Code::parse("JC").unwrap(), 2028)
    );
}
