//! What is said on a topic besides its text: from the floor, in motions, in choices. It has a marker wherever it has words; what
//! has words and is not planted is named, so that nothing new is forgotten.

use super::planted::{NEIGHBOUR, OWN};
use anyhow::ensure;
use domain::Role;
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use proto::api::v1::PersonalData;
use proto::contract::descriptors;
use proto::deliberation::v1 as deliberation;
use proto::scheduling::v1 as scheduling;
use std::collections::BTreeSet;
use tests::{Sandbox, command};

/// Who speaks has been called out of order, is interrupted, and moves something that is not voted on.
pub async fn on_the_floor(
    sandbox: &Sandbox,
    docket_id: &str,
    topic_number: u32,
    marker: &str,
) -> anyhow::Result<()> {
    let chair = sandbox.client(Role::Chair, Some(OWN)).await?;
    let own = sandbox.client(Role::Delegate, Some(OWN)).await?;
    let neighbour = sandbox.client(Role::Delegate, Some(NEIGHBOUR)).await?;
    macro_rules! step {
        ($client:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
            $client
                .call(deliberation::$request {
                    docket_id: docket_id.to_owned(),
                    topic_number,
                    $($field: $value,)*
                    ..command()
                })
                .await?
        };
    }
    step!(own, RequestFloorRequest { department_code: OWN.into() });
    step!(chair, GiveFloorRequest { department_code: NEIGHBOUR.into(), reason: Some(marker.into()) });
    step!(own, RaisePointOfOrderRequest { department_code: OWN.into(), text: marker.into() });
    step!(chair, RulePointOfOrderRequest { point_number: 1, sustained: false, reason: marker.into() });
    let kind = deliberation::MotionKind::CloseDebate.into();
    step!(
        neighbour,
        MoveMotionRequest { department_code: NEIGHBOUR.into(), kind: kind, reason: marker.into() }
    );
    step!(neighbour, WithdrawMotionRequest { motion_number: 1 });
    step!(neighbour, YieldFloorRequest { department_code: NEIGHBOUR.into() });
    Ok(())
}

/// What there is to choose from is marked, too.
pub async fn in_a_choice(
    sandbox: &Sandbox,
    docket_id: &str,
    topic_number: u32,
    marker: &str,
) -> anyhow::Result<()> {
    let chair = sandbox.client(Role::Chair, Some(OWN)).await?;
    let (docket_id, department_code) = (docket_id.to_owned(), OWN.to_owned());
    let open = deliberation::OpenChoiceRequest {
        docket_id: docket_id.clone(),
        topic_number,
        question: marker.into(),
        options: vec![format!("{marker} 1"), format!("{marker} 2")],
        method: deliberation::ChoiceMethod::Single.into(),
        ..command()
    };
    chair.call(open).await?;
    let cast = deliberation::CastChoiceRequest {
        docket_id: docket_id.clone(),
        topic_number,
        department_code,
        named: vec![1],
        ..command()
    };
    sandbox.client(Role::Delegate, Some(OWN)).await?.call(cast).await?;
    chair.call(deliberation::CloseChoiceRequest { docket_id, topic_number, ..command() }).await?;
    Ok(())
}

/// A calendar of the department is marked, and one of its member, and so is where they are.
pub async fn in_calendars(sandbox: &Sandbox, marker: &str) -> anyhow::Result<()> {
    use scheduling::DiaryHolderKind::{Department, Member};
    let clerk = sandbox.client(Role::Clerk, Some(OWN)).await?;
    for (kind, code) in [(Department, OWN), (Member, "li")] {
        let subscribe = scheduling::SubscribeBusyTimesRequest {
            holder: Some(scheduling::DiaryHolder { kind: kind.into(), code: code.into() }),
            calendar: marker.into(),
            url: format!("https://calendar.invalid/{marker}"),
            ..command()
        };
        clerk.call(subscribe).await?;
    }
    // The first looks at them are on record, so that nothing more comes of them.
    tests::until("they cannot be read", async || {
        let calendars = clerk.call(scheduling::GetDiaryRequest::default()).await.ok()?.calendars;
        let looked_at = calendars.into_iter().filter_map(|one| one.calendar);
        let stale = looked_at.filter(|calendar| calendar.stale_since_at.is_some()).count();
        (stale == 2).then_some(())
    })
    .await;
    Ok(())
}

/// What somebody says in words and is not planted: other ends of topics, sessions, matters and items than those that are, and
/// what everybody may know.
const NOT_PLANTED: &[&str] = &[
    "ActionItemAcceptorNamed",
    "ActionItemAccepted",
    "ActionItemBlockageCleared",
    "ActionItemCompletionClaimed",
    "ActionItemContestDismissed",
    "ActionItemContested",
    "ActionItemExtensionRefused",
    "ActionItemExtensionRequested",
    "ActionItemHelpGiven",
    "ActionItemLookBackRecorded",
    "ActionItemPartAccepted",
    "ActionItemPartClaimed",
    "ActionItemPartReturned",
    "ActionItemPutDownContested",
    "ActionItemReassigned",
    "ActionItemReopened",
    "ActionItemRescinded",
    "ActionItemResumed",
    "ActionItemReturned",
    "ActionItemSuspended",
    "ActionItemUrged",
    "BallotVoided",
    "BodyChanged",
    "BusyTimesForgotten",
    "BusyTimesImported",
    "ChoiceVoided",
    "DocketAdjourned",
    "MatterDeferred",
    "MatterMerged",
    "MatterReferralReturned",
    "MatterReferred",
    "MatterRelabelled",
    "MatterSplit",
    "MatterTakenOffAgenda",
    "MatterWithdrawn",
    "MeetingCalled",
    "MinutesCorrected",
    "MinutesObjected",
    "RecusalWithdrawn",
    "RemindersSent",
    "ResolutionRelabelled",
    "SessionAdjourned",
    "SessionCancelled",
    "SessionConvertedToCountersign",
    "SessionFindingOverridden",
    "SessionInvitationAnswered",
    "SessionMeetingCalled",
    "SessionMerged",
    "SessionPaperRelabelled",
    "SessionPostponed",
    "SessionReturned",
    "SessionSigningExtended",
    "SessionTopicAdded",
    "SessionTopicRelabelled",
    "SigningExtended",
    "TargetChanged",
    "TargetSet",
    "TargetWithdrawn",
    "TimetableWithdrawn",
    "TopicDeferred",
    "TopicReferred",
    "TopicRejected",
    "TopicRelabelled",
    "TopicWithdrawn",
];

/// Whether a field has words that somebody chose.
fn has_words(field: &FieldDescriptor) -> bool {
    let option = descriptors().get_extension_by_name("huishang.api.v1.personal").expect("it is declared");
    let options = field.options();
    options.has_extension(&option)
        && options.get_extension(&option).as_enum_number() == Some(PersonalData::Author.into())
}

/// Every event of what is scheduled, debated and carried out that has words of its own.
fn with_words() -> impl Iterator<Item = MessageDescriptor> {
    let packages =
        ["scheduling", "deliberation", "resolution"].map(|name| format!("huishang.{name}.events.v1"));
    let kinds = descriptors().all_messages();
    kinds
        .filter(move |kind| packages.iter().any(|package| kind.package_name() == package))
        .filter(|kind| kind.fields().any(|field| has_words(&field)))
}

/// Fails when an event with words is neither planted nor named.
pub async fn nothing_is_forgotten(sandbox: &Sandbox) -> anyhow::Result<()> {
    let log = sandbox.client(Role::Auditor, None).await?.whole_log().await?;
    let types: BTreeSet<String> = log.into_iter().flat_map(|record| record.types).collect();
    // A part of an event is not recorded by itself.
    let parts: BTreeSet<String> = descriptors()
        .all_messages()
        .flat_map(|kind| kind.fields().collect::<Vec<_>>())
        .filter_map(|field| Some(field.kind().as_message()?.full_name().to_owned()))
        .collect();
    let events = with_words().filter(|kind| !parts.contains(kind.full_name()));
    for kind in events {
        let is_named = NOT_PLANTED.contains(&kind.name());
        let is_planted = types.contains(kind.full_name());
        ensure!(is_planted || is_named, "plant {}, or say that it is not planted", kind.full_name());
        ensure!(!(is_planted && is_named), "{} is planted", kind.full_name());
    }
    Ok(())
}
