//! Who reads a page: every rpc is asked with their token, on the stack that answers everybody.

use super::Desk;
use super::answer::Failure;
use super::directory::Directory;
use super::limits::EXPORT_ROWS_MAX;
use super::moment::Calendar;
use super::preferences::Preferences;
use super::session::{Holder, Session};
use super::special_day::SpecialDays;
use super::words::Words;
use crate::asker::{Asker, Stack};
use crate::json;
use crate::refused;
use crate::response::{self, Writing};
use crate::route::{self, Rpc};
use crate::wanted::Wanted;
use bytes::Bytes;
use client::Refusal;
use http::{HeaderValue, Response};
use prost::Message;
use prost_reflect::DynamicMessage;
use proto::directory::v1::GetCalendarRequest;
use serde_json::Value;
use std::sync::OnceLock;
use tonic::Status;
use tonic::body::Body;

/// Somebody who is signed in and reads a page.
pub(super) struct Reader {
    asker: Asker,
    pub(super) session: Session,
    pub(super) holder: Holder,
    pub(super) preferences: Preferences,
    pub(super) words: Words,
    /// Whether nothing is carried out: what was typed is to be looked at again first.
    holds_back: bool,
    /// The zone in which days begin, once that was asked for.
    zone: OnceLock<String>,
}

/// What most pages name: departments and days.
pub(super) struct Surroundings {
    pub(super) directory: Directory,
    pub(super) calendar: Calendar,
    /// The zone in which days begin.
    pub(super) time_zone: String,
    pub(super) special_days: SpecialDays,
}

impl Reader {
    pub(super) fn new(
        stack: Stack,
        extensions: http::Extensions,
        session: Session,
        preferences: Preferences,
    ) -> Reader {
        let (holder, words) = (session.holder.clone(), Words(preferences.language));
        // What no token has makes none: the services refuse it.
        let bearer = HeaderValue::try_from(format!("Bearer {}", session.token)).ok();
        let bearer = bearer.map(|mut bearer| {
            bearer.set_sensitive(true);
            bearer
        });
        let asker = Asker::new(stack, extensions, bearer);
        Reader { asker, session, holder, preferences, words, holds_back: false, zone: OnceLock::new() }
    }

    /// What a refusal says to its reader, with its moments as pages write them.
    pub(super) fn sentence(&self, status: &Status) -> String {
        let refusal = Refusal::of(status);
        if refusal.reason() == Some("COMMAND_ID_REUSED") {
            let sentence = self.words.t(
                "This form was sent before with other content, and that is recorded. What it says now is not: if it is meant as well, press once more.",
            );
            return sentence.to_owned();
        }
        let sentence = refused::sentence(status, self.preferences.language);
        self.with_moments(sentence, refusal.details().into_values())
    }

    /// A sentence with the moments among its details as pages write them.
    pub(super) fn with_moments<'d>(
        &self,
        sentence: String,
        details: impl IntoIterator<Item = &'d str>,
    ) -> String {
        let Some(zone) = self.zone.get() else { return sentence };
        let calendar = Calendar::of(zone);
        client::with_moments(sentence, details, |moment| {
            let (seconds, nanos) = (moment.as_second(), moment.subsec_nanosecond());
            calendar.full_text(self.words, &prost_types::Timestamp { seconds, nanos })
        })
    }

    /// From now on no command is carried out: each is refused with what its reader has to do.
    pub(super) fn hold_back(&mut self) {
        self.holds_back = true;
    }

    /// Refuses a command that is more than asked about, if none is to be carried out.
    fn ensure_may_act(&self, path: &str, message: &[u8]) -> Result<(), Status> {
        let rpc = route::by_name(path).filter(|_| self.holds_back);
        let input = rpc.map(|rpc| rpc.method.input());
        let Some(input) = input.filter(|input| input.get_field_by_name("command_id").is_some()) else {
            return Ok(());
        };
        let message = DynamicMessage::decode(input, message);
        let only_asks = message.is_ok_and(|message| {
            message.get_field_by_name("validate_only").and_then(|only| only.as_bool()) == Some(true)
        });
        let sentence = self.words.t(
            "You signed in again, and nothing was recorded yet. Look at what you typed, and press once more.",
        );
        if only_asks { Ok(()) } else { Err(Status::aborted(sentence)) }
    }

    /// Whether the reader is of the department that a step names for those who take it; none: of those who oversee.
    pub(super) fn is_of(&self, department_code: &str) -> bool {
        department_code.is_empty() || self.holder.department.as_deref() == Some(department_code)
    }

    /// Whether any of the roles that the token names may call an rpc. A token that names none may have some that only the
    /// services know.
    pub(super) fn may_call(&self, rpc: &Rpc) -> bool {
        let holder = &self.holder;
        holder.roles.is_empty() || rpc.contract.roles.iter().any(|role| holder.is(role.as_str()))
    }

    /// The same of the rpc with these requests.
    pub(super) fn may_ask<R: proto::Rpc>(&self) -> bool {
        route::by_name(R::PATH).is_some_and(|rpc| self.may_call(rpc))
    }

    /// Asks an rpc whose messages are known at compile time.
    pub(super) async fn ask<R: proto::Rpc>(&self, request: R) -> Result<R::Response, Status> {
        if self.holds_back {
            self.ensure_may_act(R::PATH, &request.encode_to_vec())?;
        }
        self.asker.ask(request).await
    }

    /// Asks for the pages of a list one after the other, up to as many rows as a file may have. `read` takes the rows of a
    /// page, and the token of the next.
    pub(super) async fn all<R: proto::Rpc, T>(
        &self,
        page_after: impl Fn(String) -> R,
        read: impl Fn(R::Response) -> (Vec<T>, String),
    ) -> Result<Vec<T>, Status> {
        let (mut rows, mut page_token) = (Vec::new(), String::new());
        loop {
            let (more, next) = read(self.ask(page_after(page_token)).await?);
            rows.extend(more);
            if next.is_empty() || rows.len() >= EXPORT_ROWS_MAX {
                return Ok(rows);
            }
            page_token = next;
        }
    }

    /// Asks an rpc that is known by its description, with a message from JSON.
    pub(super) async fn command(&self, rpc: &Rpc, message: Value) -> Result<DynamicMessage, Status> {
        let message = json::read(rpc.method.input(), message)?;
        let answer = self.call(&format!("/{}", rpc.contract.path), message.encode_to_vec()).await?;
        DynamicMessage::decode(rpc.method.output(), answer)
            .map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }

    /// Follows what an rpc streams, as server-sent events.
    pub(super) async fn follow<R: proto::StreamingRpc>(&self, request: R) -> Result<Response<Body>, Status> {
        let rpc = route::by_name(R::PATH).ok_or_else(|| Status::unimplemented(R::PATH))?;
        let answered = self.asker.send(R::PATH, request.encode_to_vec()).await?;
        let language = self.preferences.language;
        let wanted = Wanted { problem: false, events: true, table: None, language };
        response::streamed(rpc, answered, Writing::ByRoute(wanted))
    }

    /// The bytes of an answer.
    pub(super) async fn call(&self, path: &str, message: Vec<u8>) -> Result<Bytes, Status> {
        self.ensure_may_act(path, &message)?;
        self.asker.call(path, message).await
    }

    /// Asks an rpc, and meanwhile for what most pages name.
    pub(super) async fn ask_around<R: proto::Rpc>(
        &self,
        desk: &Desk,
        request: R,
    ) -> Result<(Surroundings, R::Response), Failure> {
        let answer = async { Ok(self.ask(request).await?) };
        futures::future::try_join(self.surroundings(desk), answer).await
    }

    /// The names of departments, and how days are written.
    pub(super) async fn surroundings(&self, desk: &Desk) -> Result<Surroundings, Failure> {
        let (directory, calendar) =
            futures::future::try_join(Directory::read(self), self.ask(GetCalendarRequest::default())).await?;
        let (zone, special_days) = match calendar.calendar {
            Some(days) => (days.time_zone, SpecialDays::new(&days.holidays, &days.make_up_days)),
            None => (desk.time_zone.clone(), SpecialDays::default()),
        };
        drop(self.zone.set(zone.clone()));
        Ok(Surroundings { directory, calendar: Calendar::of(&zone), time_zone: zone, special_days })
    }
}
