//! Checks that each stream's history is linearizable: commands take effect one after another, each between its
//! first attempt and its response.

use super::{Operation, Place};
use anyhow::{anyhow, ensure};
use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester, SequentialSpec};
use std::collections::{BTreeMap, BTreeSet};

/// A stream as seen by clients: each write is appended after the last record.
#[derive(Debug, Clone, Default)]
struct Stream {
    last: u64,
}

#[derive(Debug, Clone)]
struct Write;

impl SequentialSpec for Stream {
    type Op = Write;
    type Ret = Place;

    fn invoke(&mut self, _: &Write) -> Place {
        let place = Place { after: self.last, at: self.last + 1 };
        self.last = place.at;
        place
    }

    fn is_valid_step(&mut self, _: &Write, place: &Place) -> bool {
        let follows = place.after == self.last && place.at > place.after;
        self.last = place.at;
        follows
    }
}

#[derive(Clone, Copy)]
enum Moment {
    Begin,
    End(Place),
}

/// Checks every stream. A command without a response took effect at any time after its start if the log contains
/// it, and otherwise not at all; its client counts as a new one afterwards.
pub fn check(operations: &[Operation], places: &BTreeMap<String, Vec<Place>>) -> anyhow::Result<()> {
    let streams: BTreeSet<&String> = operations.iter().map(|operation| &operation.stream).collect();
    for stream in streams {
        let mut moments = BTreeMap::new();
        for (number, operation) in operations.iter().enumerate().filter(|(_, one)| one.stream == *stream) {
            let Some(&[place]) = places.get(&operation.command_id).map(Vec::as_slice) else { continue };
            let (end, client) = match operation.ended {
                Some((end, _)) => (end, operation.client),
                None => (u64::MAX - number as u64, u64::MAX - number as u64),
            };
            moments.insert(operation.began, (client, Moment::Begin));
            moments.insert(end, (client, Moment::End(place)));
        }
        let mut tester = LinearizabilityTester::new(Stream::default());
        for (client, moment) in moments.into_values() {
            match moment {
                Moment::Begin => tester.on_invoke(client, Write).map(drop),
                Moment::End(place) => tester.on_return(client, place).map(drop),
            }
            .map_err(|error| anyhow!(error))?;
        }
        ensure!(tester.is_consistent(), "the history of {stream} is not linearizable: {operations:#?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(client: u64, command_id: &str, began: u64, ended: Option<(u64, u64)>) -> Operation {
        Operation { client, command_id: command_id.into(), stream: "s".into(), began, ended }
    }

    fn places() -> BTreeMap<String, Vec<Place>> {
        let place = |after, at| vec![Place { after, at }];
        BTreeMap::from([("a".into(), place(0, 1)), ("b".into(), place(1, 2))])
    }

    #[test]
    fn overlapping_operations_may_take_effect_in_any_order() {
        let history = [operation(1, "a", 0, Some((3, 1))), operation(2, "b", 1, Some((2, 2)))];
        check(&history, &places()).unwrap();
    }

    #[test]
    fn an_operation_that_ended_earlier_must_take_effect_earlier() {
        let history = [operation(1, "b", 0, Some((1, 2))), operation(2, "a", 2, Some((3, 1)))];
        assert!(check(&history, &places()).is_err());
    }

    #[test]
    fn an_operation_without_a_response_may_take_effect_late() {
        let history = [operation(1, "b", 0, None), operation(2, "a", 2, Some((3, 1)))];
        check(&history, &places()).unwrap();
    }
}
