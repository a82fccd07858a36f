//! What diaries have on days that follow each other, in words: for the week and the month.

use super::answer::Failure;
use super::frame::{Frame, Nav, Stamp};
use super::limits::ROWS_AT_ONCE;
use super::markup::Markup;
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use jiff::civil::Date;
use prost_types::Timestamp as Moment;
use proto::ledger::v1::GetHeadRequest;
use proto::scheduling::v1::{
    BusyCause, DiaryEntry, DiaryHolderKind, ListRoomsRequest, ListSessionsRequest, Room, SessionStage,
    SessionSummary,
};
use std::collections::BTreeMap;

/// What a room or a department has, day by day.
pub(super) type ByDay = Vec<Vec<String>>;

/// What a page of days begins with.
pub(super) struct Opened {
    pub(super) around: Surroundings,
    pub(super) rooms: Vec<Room>,
    /// The day that is asked for, or today.
    pub(super) chosen: Date,
    clock_at: Option<Moment>,
}

impl Opened {
    /// With so many rooms, at most.
    pub(super) async fn read(
        desk: &Desk,
        reader: &Reader,
        asked: &Asked,
        rooms_max: u32,
    ) -> Result<Opened, Failure> {
        let rooms = ListRoomsRequest { page_size: rooms_max, ..Default::default() };
        let (around, rooms, head) = futures::try_join!(
            reader.surroundings(desk),
            async { Ok::<_, Failure>(reader.ask(rooms).await?) },
            async { Ok(reader.ask(GetHeadRequest::default()).await?) },
        )?;
        let today = around.calendar.field(&head.clock_at.unwrap_or_default());
        let chosen = asked.query().get("from").and_then(|from| from.parse::<Date>().ok());
        let chosen = chosen.or_else(|| today.get(..10)?.parse().ok()).ok_or(Failure::NotFound)?;
        Ok(Opened { around, rooms: rooms.rooms, chosen, clock_at: head.clock_at })
    }

    /// The frame of the page at a path, with the diary as of a position.
    pub(super) async fn frame(
        &self,
        reader: &Reader,
        asked: &Asked,
        (title, path): (&str, &str),
        position: u64,
    ) -> Frame {
        let mut frame = Frame::new(reader, &self.around, asked, Nav::Sessions, title);
        frame.stamp =
            Some(Stamp::new(reader, &self.around.calendar, self.clock_at, position, "/v1/diary").await);
        frame.offer_files(&asked.query(), path);
        frame
    }
}

/// A session on these days that the reader may see.
pub(super) struct Sitting {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) starts: Markup,
    pub(super) room: String,
    /// Where it can be moved to another room or time, by whoever moves sessions; none once it has begun.
    pub(super) moves: Option<String>,
}

/// The sessions that start in a time, the earliest first.
pub(super) async fn sittings(
    reader: &Reader,
    around: &Surroundings,
    (starts_from_at, starts_until_at): (Option<Moment>, Option<Moment>),
) -> Result<Vec<Sitting>, Failure> {
    let request = ListSessionsRequest {
        page_size: ROWS_AT_ONCE,
        order_by: "starts_at".to_owned(),
        starts_from_at,
        starts_until_at,
        ..Default::default()
    };
    let may_move = reader.holder.is("clerk");
    let listed = reader.ask(request).await?.sessions.into_iter();
    let sitting = |session: SessionSummary| {
        let href = format!("/sessions/{}", session.session_id);
        let is_ahead = session.stage() == SessionStage::Scheduled;
        Some(Sitting {
            moves: (may_move && is_ahead).then(|| format!("{href}#slots")),
            href,
            title: session.title,
            starts: around.calendar.short(reader.words, &session.starts_at?),
            room: session.room_code.unwrap_or_default(),
        })
    };
    Ok(listed.filter_map(sitting).collect())
}

/// Days that follow each other.
pub(super) struct Days<'a> {
    words: Words,
    around: &'a Surroundings,
    /// When each day begins, and when the last one ends.
    begins: Vec<Moment>,
}

impl<'a> Days<'a> {
    /// These days, and the one after the last; none when one of them has no beginning.
    pub(super) fn of(
        words: Words,
        around: &'a Surroundings,
        dates: impl IntoIterator<Item = Date>,
    ) -> Option<Days<'a>> {
        let begin = |date: Date| around.calendar.read(&format!("{date}T00:00"));
        let begins = dates.into_iter().map(begin).collect::<Option<Vec<Moment>>>()?;
        (begins.len() > 1).then_some(Days { words, around, begins })
    }

    /// When the first begins, and when the last ends.
    pub(super) fn bounds(&self) -> (Option<Moment>, Option<Moment>) {
        (self.begins.first().copied(), self.begins.last().copied())
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.begins.len() - 1
    }

    /// What each holder of a kind has on each day, by its code.
    pub(super) fn rows(&self, entries: &[DiaryEntry], kind: DiaryHolderKind) -> BTreeMap<String, ByDay> {
        let mut rows: BTreeMap<String, ByDay> = BTreeMap::new();
        for entry in entries {
            let Some(holder) = entry.holder.as_ref().filter(|holder| holder.kind() == kind) else { continue };
            let days = rows.entry(holder.code.clone()).or_insert_with(|| vec![Vec::new(); self.count()]);
            for (nth, bounds) in self.begins.windows(2).enumerate() {
                let said = self.said(entry, bounds[0], bounds[1]).filter(|said| !days[nth].contains(said));
                days[nth].extend(said);
            }
        }
        rows
    }

    /// What takes the time, and of when that is known, when it may have changed since.
    fn cause(&self, entry: &DiaryEntry) -> String {
        let cause = self.words.value("huishang.scheduling.v1.BusyCause", entry.cause);
        let is_stale =
            matches!(entry.cause(), BusyCause::StaleCalendar | BusyCause::MembersAwayByStaleCalendar);
        match entry.read_at.as_ref().filter(|_| is_stale) {
            Some(read_at) => {
                let moment = self.around.calendar.field(read_at).replace('T', " ");
                self.words.say("{cause}, as of {moment}", &[("cause", &cause), ("moment", &moment)])
            }
            None => cause,
        }
    }

    /// What an entry is on a day; none when it is on another one.
    fn said(&self, entry: &DiaryEntry, begins: Moment, ends: Moment) -> Option<String> {
        let key = |moment: &Moment| (moment.seconds, moment.nanos);
        let (from, until) = (entry.starts_at?, entry.ends_at?);
        if key(&from) >= key(&ends) || key(&until) <= key(&begins) {
            return None;
        }
        let hour =
            |moment: &Moment| self.around.calendar.field(moment).get(11..).unwrap_or_default().to_owned();
        let cause = self.cause(entry);
        let from = if key(&from) <= key(&begins) { "00:00".to_owned() } else { hour(&from) };
        let until = if key(&until) >= key(&ends) { "24:00".to_owned() } else { hour(&until) };
        let values: [(&str, &dyn ToString); 3] = [("from", &from), ("until", &until), ("cause", &cause)];
        Some(match (from.as_str(), until.as_str()) {
            ("00:00", "24:00") => self.words.say("all day: {cause}", &values),
            _ => self.words.say("{from}–{until}: {cause}", &values),
        })
    }
}
