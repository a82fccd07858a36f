//! Why a docket refuses.

use crate::{Code, Date, Line, Timestamp, Uuid, rejections};

rejections! {
    /// Why the docket refuses.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist",
        // Preparing
        TopicsRequired("TOPICS_REQUIRED") = "a docket needs at least one topic",
        TooManyTopics("TOO_MANY_TOPICS") { topics: usize, max: usize } =
            "{topics} topics were given; a docket has at most {max}",
        TooManyParticipants("TOO_MANY_PARTICIPANTS") { departments: usize, max: usize } =
            "{departments} departments were given; a docket has at most {max}",
        DuplicateTopic("DUPLICATE_TOPIC") { topic_number: u32 } = "topic {topic_number} is given twice",
        DuplicateParticipant("DUPLICATE_PARTICIPANT") { department_code: Code } =
            "department {department_code} is given twice",
        UnknownTopic("UNKNOWN_TOPIC") { department_code: Code, topic_number: u32 } =
            "department {department_code} has a role on topic {topic_number}, which is not on the agenda",
        DuplicateRole("DUPLICATE_ROLE") { department_code: Code, topic_number: u32 } =
            "department {department_code} has two roles on topic {topic_number}",
        DocketFull("DOCKET_FULL") { bytes: usize, max: usize } =
            "the docket would have {bytes} bytes; it takes this only up to {max}, so that it can be read as a whole. \
             Shorten the text, or refer to a paper",
        DecidedInSubTopics("DECIDED_IN_SUB_TOPICS") { topic_number: u32 } =
            "topic {topic_number} is decided in its sub-topics; name one of them",
        // The floor
        WrongStage("WRONG_STAGE") { stage: &'static str, needed: &'static str } =
            "the stage of the docket is {stage}; it has to be {needed}",
        NotAMeeting("NOT_A_MEETING") = "a countersign has no attendance",
        NotACountersign("NOT_A_COUNTERSIGN") = "the docket is decided in a meeting, and not by countersign",
        SigningNotLater("SIGNING_NOT_LATER") { sign_by: Timestamp, earliest: Timestamp } =
            "{sign_by} is not later than {earliest}",
        SigningExtensionsExhausted("SIGNING_EXTENSIONS_EXHAUSTED") { max: u32 } =
            "the time to sign was extended {max} times, the most it can be; call a meeting, or defer the topics",
        NobodyToRemind("NOBODY_TO_REMIND") =
            "no ballot is open in which a seat that may vote has not answered; there is nobody to remind",
        RemindersExhausted("REMINDERS_EXHAUSTED") { reminders: u32, max: u32, next_on: Date } =
            "this week {reminders} reminders were sent by hand, and {max} are the most there may be; the next on {next_on}",
        NotOnTheFloor("NOT_ON_THE_FLOOR") { topic_number: u32 } =
            "topic {topic_number} is not open; nobody speaks on it before it is, and after it was paused",
        SpeakersListClosed("SPEAKERS_LIST_CLOSED") { topic_number: u32 } =
            "the list of speakers on topic {topic_number} is closed; the chair may still call a department, for a reason",
        FloorTaken("FLOOR_TAKEN") { topic_number: u32, department_code: Code } =
            "department {department_code} has the floor on topic {topic_number}; it yields first, or the chair ends its turn",
        CalledOutOfOrder("CALLED_OUT_OF_ORDER") { department_code: Code, topic_number: u32 } =
            "department {department_code} is not the first on the list of speakers on topic {topic_number}; give a reason \
             to call it out of order",
        SpeakingTimeUsed("SPEAKING_TIME_USED") { department_code: Code, topic_number: u32, minutes: u32 } =
            "department {department_code} has spoken on topic {topic_number} for the {minutes} minutes that each may; the \
             chair may allow more to all",
        SpeakingMinutesOutOfRange("SPEAKING_MINUTES_OUT_OF_RANGE") { minutes: u32, max: u32 } =
            "{minutes} minutes are more than the {max} that a department may be given",
        PointOfOrderPending("POINT_OF_ORDER_PENDING") { point_number: u32, topic_number: u32 } =
            "point of order {point_number} on topic {topic_number} waits for the chair to rule on it; that comes first",
        PointOfOrderRuled("POINT_OF_ORDER_RULED") { point_number: u32, topic_number: u32 } =
            "point of order {point_number} on topic {topic_number} was ruled on otherwise",
        PointsOfOrderExhausted("POINTS_OF_ORDER_EXHAUSTED") { topic_number: u32, max: usize } =
            "topic {topic_number} has had {max} points of order, the most there may be",
        MotionPending("MOTION_PENDING") { motion_number: u32, topic_number: u32 } =
            "motion {motion_number} on topic {topic_number} is pending; it comes first",
        MotionWrongStage("MOTION_WRONG_STAGE") { motion_number: u32, topic_number: u32, stage: &'static str } =
            "motion {motion_number} on topic {topic_number} is {stage}",
        MotionLost("MOTION_LOST") { motion_number: u32, topic_number: u32 } =
            "motion {motion_number} on topic {topic_number} was not carried; the same is moved again only after somebody has spoken",
        AppealedBefore("APPEALED_BEFORE") { motion_number: u32, point_number: u32, topic_number: u32 } =
            "by motion {motion_number} it was decided before whether the ruling on point of order {point_number} on topic \
             {topic_number} stands",
        SameAgendaRequired("SAME_AGENDA_REQUIRED") =
            "the sitting is the next call of one that had no quorum, and has the same topics; put the matter on another session",
        SaidItself("SAID_ITSELF") { department_code: Code } =
            "department {department_code} has said this itself, and alone changes it; a clerk puts down what it has not said",
        OwnMandate("OWN_MANDATE") { department_code: Code } =
            "a clerk of {department_code} puts down no mandate for {department_code}; whoever's vote it is gives it",
        OwnMotion("OWN_MOTION") { department_code: Code, motion_number: u32, topic_number: u32 } =
            "department {department_code} moved motion {motion_number} on topic {topic_number}; another seat seconds it",
        SamePerson("SAME_PERSON") { topic_number: u32 } =
            "you moved this on topic {topic_number}, or put it down for whoever did; another person seconds it",
        LateTopicsExcluded("LATE_TOPICS_EXCLUDED") =
            "the body's rule for these matters adds nothing to the agenda of a sitting; have it taken in as a matter for another one",
        SilenceTooShort("SILENCE_TOO_SHORT") { sign_by: Timestamp, hours_min: u32 } =
            "who does not answer agrees, so at least {hours_min} hours are left to answer; the countersign ends at {sign_by}: \
             extend it, or call a meeting",
        TitleOnAgenda("TITLE_ON_AGENDA") { topic_number: u32 } =
            "topic {topic_number} has this title; move it there",
        MotionsExhausted("MOTIONS_EXHAUSTED") { topic_number: u32, max: usize } =
            "topic {topic_number} has had {max} motions, the most there may be",
        NothingToReconsider("NOTHING_TO_RECONSIDER") { topic_number: u32 } =
            "on topic {topic_number} nothing was decided by a ballot, nor was it rejected",
        DecisionPublished("DECISION_PUBLISHED") { topic_number: u32 } =
            "the decision on topic {topic_number} was adopted and is a resolution; a later decision amends, supersedes or rescinds it",
        ReconsideredBefore("RECONSIDERED_BEFORE") { motion_number: u32, topic_number: u32 } =
            "by motion {motion_number} it was decided before whether topic {topic_number} is reconsidered; that is asked once",
        NotOnPrevailingSide("NOT_ON_PREVAILING_SIDE") { department_code: Code, ballot_number: u32, topic_number: u32 } =
            "department {department_code} did not vote as it was decided in ballot {ballot_number} on topic {topic_number}; a \
             seat that did moves to reconsider",
        UnknownBody("UNKNOWN_BODY") { body_code: Code } =
            "body {body_code} is not defined; a topic is referred to a body that can accept it",
        ReferredToItself("REFERRED_TO_ITSELF") { body_code: Code } =
            "the topic is before body {body_code} already; refer it to another body",
        QuorumPresent("QUORUM_PRESENT") { present: u32, needed: u32 } =
            "{present} deciding departments are present and {needed} are needed; open the docket",
        DigressionTooLong("DIGRESSION_TOO_LONG") {
            topic_number: u32,
            minutes: u32,
            recorded_minutes: u32,
            spent_minutes: u64,
        } = "{minutes} minutes of digression are given for topic {topic_number}, on which {spent_minutes} were spent, \
             {recorded_minutes} of them off topic already",
        NotAParticipant("NOT_A_PARTICIPANT") { department_code: Code } =
            "department {department_code} does not take part in this docket",
        NotPresent("NOT_PRESENT") { department_code: Code } = "department {department_code} is not present",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        NoQuorum("NO_QUORUM") { present: u32, needed: u32, departments: u32 } =
            "{present} of {departments} deciding departments are present; {needed} are needed",
        AnotherTopicOpen("ANOTHER_TOPIC_OPEN") { open_topic_number: u32, topic_number: u32 } =
            "topic {open_topic_number} is open; pause it before opening topic {topic_number}",
        TopicNotOpened("TOPIC_NOT_OPENED") { topic_number: u32 } = "topic {topic_number} has not been opened yet",
        TopicDecided("TOPIC_DECIDED") { topic_number: u32, outcome: &'static str } =
            "topic {topic_number} is already {outcome}",
        DebateClosed("DEBATE_CLOSED") { topic_number: u32 } =
            "the debate on topic {topic_number} is closed; open the topic again to reopen it",
        DigressionOutOfRange("DIGRESSION_OUT_OF_RANGE") { max: u32, minutes: u32 } =
            "a digression lasts from 1 to {max} minutes, not {minutes}",
        NotEntitledToSpeak("NOT_ENTITLED_TO_SPEAK") { department_code: Code, topic_number: u32 } =
            "department {department_code} neither decides nor advises on topic {topic_number}",
        // Proposals and items
        NoProposal("NO_PROPOSAL") { topic_number: u32 } = "topic {topic_number} has no proposal yet",
        VersionsExhausted("VERSIONS_EXHAUSTED") { topic_number: u32, max: u32 } =
            "topic {topic_number} has {max} versions, the most there may be",
        AmendmentsExhausted("AMENDMENTS_EXHAUSTED") { topic_number: u32, max: usize } =
            "topic {topic_number} has {max} amendments, the most there may be",
        AmendmentPending("AMENDMENT_PENDING") { amendment_number: u32, topic_number: u32 } =
            "amendment {amendment_number} to topic {topic_number} is still to be resolved",
        AmendmentResolved("AMENDMENT_RESOLVED") { amendment_number: u32, topic_number: u32, stage: &'static str } =
            "amendment {amendment_number} to topic {topic_number} is already {stage}",
        AmendmentOutdated("AMENDMENT_OUTDATED") { amendment_number: u32, version: u32, current_version: u32 } =
            "amendment {amendment_number} amends version {version}, but version {current_version} is current",
        AmendmentNotSeconded("AMENDMENT_NOT_SECONDED") { amendment_number: u32, topic_number: u32 } =
            "amendment {amendment_number} to topic {topic_number} waits for another seat to second it",
        AmendmentSeconded("AMENDMENT_SECONDED") { amendment_number: u32, topic_number: u32 } =
            "amendment {amendment_number} to topic {topic_number} was seconded; it is decided by a ballot",
        AmendmentChangesNothing("AMENDMENT_CHANGES_NOTHING") { topic_number: u32 } =
            "the text is the one that it would amend on topic {topic_number}",
        AmendmentTooDeep("AMENDMENT_TOO_DEEP") { amendment_number: u32, topic_number: u32 } =
            "amendment {amendment_number} to topic {topic_number} amends an amendment; nothing amends it in turn",
        AmendmentBeyondPassage("AMENDMENT_BEYOND_PASSAGE") { amendment_number: u32, topic_number: u32 } =
            "the text changes more than the passage that amendment {amendment_number} to topic {topic_number} changes; move \
             the rest as an amendment to the draft",
        OwnAmendment("OWN_AMENDMENT") { department_code: Code, amendment_number: u32, topic_number: u32 } =
            "department {department_code} moved amendment {amendment_number} to topic {topic_number}; another seat seconds it",
        ItemsRequired("ITEMS_REQUIRED") { topic_number: u32 } = "no items were given for topic {topic_number}",
        TooManyItems("TOO_MANY_ITEMS") { items: usize, max: usize } =
            "{items} items were given; at most {max} are accepted at a time",
        ItemsTooLarge("ITEMS_TOO_LARGE") { bytes: usize, max: usize } =
            "the items hold {bytes} bytes of text; at most {max} are accepted at a time",
        ItemsExhausted("ITEMS_EXHAUSTED") { items: u32, max: u32 } =
            "the docket would have {items} items; it may have at most {max}",
        TooManyCoResponsible("TOO_MANY_CO_RESPONSIBLE") { departments: usize, max: usize } =
            "{departments} departments support one item; at most {max} may",
        DuplicateDepartment("DUPLICATE_DEPARTMENT") { department_code: Code } =
            "department {department_code} is named twice as co-responsible",
        DueOutOfRange("DUE_OUT_OF_RANGE") { days: u32, max: u32 } =
            "{days} days to the due date were given; at most {max} are accepted",
        TooManyChanges("TOO_MANY_CHANGES") { changes: usize, max: usize } =
            "{changes} resolutions would be changed; a decision changes at most {max}",
        DuplicateResolution("DUPLICATE_RESOLUTION") { resolution_id: Uuid } =
            "resolution {resolution_id} is named twice; say once what becomes of it",
        UnknownResolution("UNKNOWN_RESOLUTION") { resolution_id: Uuid, body_code: Code } =
            "body {body_code} has made no resolution {resolution_id}; a body changes only what it has decided itself",
        ResolutionNotInForce("RESOLUTION_NOT_IN_FORCE") { number: Line, stage: &'static str } =
            "resolution {number} is {stage}; only what is in force is changed",
        NotItsItem("NOT_ITS_ITEM") { item_id: Uuid, number: Line } =
            "{item_id} is no item of resolution {number}, so it is not carried over from it",
        NothingToCarryOver("NOTHING_TO_CARRY_OVER") { resolution_id: Uuid } =
            "an amendment ends nothing of resolution {resolution_id}, so there is nothing to carry over",
        // Ballots
        HandCountsNotAllowed("HAND_COUNTS_NOT_ALLOWED") =
            "the body's rule has votes by name; put them down by a roll call",
        HandCountImpossible("HAND_COUNT_IMPOSSIBLE") { topic_number: u32, field: &'static str } =
            "on topic {topic_number} it matters whose hand it is, for its {field}; put votes down by name",
        VotesByName("VOTES_BY_NAME") { topic_number: u32, votes: usize } =
            "{votes} have voted on topic {topic_number} by name, and a hand would count twice",
        HandsCounted("HANDS_COUNTED") { topic_number: u32, hands: u32 } =
            "{hands} hands were counted on topic {topic_number}, and a vote by name would count twice; a count of none \
             takes them back",
        TooManyHands("TOO_MANY_HANDS") { topic_number: u32, hands: u32, max: u32 } =
            "{hands} hands were counted on topic {topic_number}; {max} seats are there and may vote",
        BallotStillOpen("BALLOT_STILL_OPEN") { ballot_number: u32, topic_number: u32 } =
            "ballot {ballot_number} on topic {topic_number} is open; close it first",
        VersionVotedOn("VERSION_VOTED_ON") { version: u32, topic_number: u32, ballot_number: u32 } =
            "version {version} of topic {topic_number} was voted on in ballot {ballot_number}; its items belong to \
             it, and neither it nor what reads like it is voted on again. Submit another text, or move to reconsider it",
        BallotCounted("BALLOT_COUNTED") { ballot_number: u32, topic_number: u32 } =
            "ballot {ballot_number} on topic {topic_number} has been counted; a recusal is recorded, or withdrawn, \
             before the count",
        NoBallotOpen("NO_BALLOT_OPEN") { topic_number: u32 } = "no ballot is open on topic {topic_number}",
        BallotsExhausted("BALLOTS_EXHAUSTED") { max: u32 } =
            "the docket has had {max} ballots, the most there may be",
        NoDecidingDepartment("NO_DECIDING_DEPARTMENT") { topic_number: u32 } =
            "no department has the right to vote on topic {topic_number}",
        VersionNotCurrent("VERSION_NOT_CURRENT") { version: u32, current_version: u32 } =
            "version {version} is not current; version {current_version} is",
        NotEntitledToVote("NOT_ENTITLED_TO_VOTE") { department_code: Code, topic_number: u32 } =
            "department {department_code} does not decide on topic {topic_number}",
        DepartmentRecused("DEPARTMENT_RECUSED") { department_code: Code, topic_number: u32 } =
            "department {department_code} has recused itself from topic {topic_number}",
        SplitTooHeavy("SPLIT_TOO_HEAVY") { department_code: Code, weight: u32, split_weight: u32 } =
            "the vote of {department_code} weighs {weight}; parts of {split_weight} are no split of it. Give less \
             than the whole, and each part another choice",
        VoteByAnother("VOTE_BY_ANOTHER") { department_code: Code, cast_by_code: Code } =
            "the vote of {department_code} was cast by {cast_by_code} already; the first valid vote counts",
        MandatesNotAllowed("MANDATES_NOT_ALLOWED") = "the body's rule for these matters has no mandates",
        TooManyMandates("TOO_MANY_MANDATES") { department_code: Code, max: u32 } =
            "department {department_code} votes for {max} other seats already, as many as the body's rule allows",
        HoldersOutOfRange("HOLDERS_OUT_OF_RANGE") { holders: usize, max: usize } =
            "a mandate names from 1 to {max} departments, each once and another than the own, not {holders}",
        MandatesExhausted("MANDATES_EXHAUSTED") { max: usize } =
            "the docket has {max} mandates, the most there may be",
        GeneralConsentExcluded("GENERAL_CONSENT_EXCLUDED") =
            "the body's rule for these matters needs a ballot even where nobody objects",
        Objected("OBJECTED") { department_code: Code, topic_number: u32 } =
            "department {department_code} opposes topic {topic_number}, so there is no general consent; hold a ballot",
        ItemNotAccepted("ITEM_NOT_ACCEPTED") { item_number: u32, topic_number: u32, department_code: Code } =
            "item {item_number} binds department {department_code}, which neither decides nor advises on topic \
             {topic_number}; it has to accept the item first",
        NotNamedInItem("NOT_NAMED_IN_ITEM") { item_number: u32, department_code: Code } =
            "department {department_code} neither leads nor supports item {item_number}",
        ChoiceStillOpen("CHOICE_STILL_OPEN") { topic_number: u32 } =
            "a choice among options is open on topic {topic_number}; close it first",
        NoChoiceOpen("NO_CHOICE_OPEN") { topic_number: u32 } =
            "no choice among options is open on topic {topic_number}",
        OptionsOutOfRange("OPTIONS_OUT_OF_RANGE") { options: usize, max: usize } =
            "a choice has from 2 to {max} options, each once, not {options}",
        ChoicesExhausted("CHOICES_EXHAUSTED") { max: usize } =
            "the docket has had {max} choices, the most there may be",
        PreferenceDoesNotFit("PREFERENCE_DOES_NOT_FIT") { method: &'static str } =
            "the preference does not fit the method {method}: name options by their numbers, each once and in order \
             where they are ranked, exactly one where one is chosen; points are given to every option, up to 10, where \
             they are scored",
        BallotIsSecret("BALLOT_IS_SECRET") { topic_number: u32 } =
            "the ballot on topic {topic_number} is secret: a vote is cast by whoever it belongs to, sealed, and no clerk \
             puts it down",
        BallotNotSecret("BALLOT_NOT_SECRET") { topic_number: u32 } =
            "the ballot on topic {topic_number} is not secret; cast the vote openly, and close the ballot to end it",
        SecretNeedsMeeting("SECRET_NEEDS_MEETING") =
            "the body's rule for these matters has secret ballots, and a countersign is signed by name; hold a meeting",
        TooFewForSecrecy("TOO_FEW_FOR_SECRECY") { topic_number: u32, seats: u32, needed: u32 } =
            "{seats} seats may vote on topic {topic_number}; a secret ballot needs {needed}, as with fewer each would \
             know how the others voted",
        ChoiceNotSecret("CHOICE_NOT_SECRET") { topic_number: u32 } =
            "the choice on topic {topic_number} is not secret; say openly what you prefer, and close the choice to end it",
        ChoiceIsSecret("CHOICE_IS_SECRET") { topic_number: u32 } =
            "the choice on topic {topic_number} is secret: what somebody prefers is said by whoever it belongs to, sealed, \
             and no clerk puts it down",
        VotesUnreadable("VOTES_UNREADABLE") { topic_number: u32, votes: usize, readable: usize } =
            "of {votes} sealed votes on topic {topic_number}, {readable} can be opened, as their key is not here; put the \
             personal keys back, or void the ballot or the choice",
        CountersignOver("COUNTERSIGN_OVER") { sign_by: Timestamp } = "the countersign ended at {sign_by}",
        MissingVotes("MISSING_VOTES") { missing: u32, sign_by: Timestamp } =
            "{missing} departments have not signed yet and may do so until {sign_by}",
        CastingVoteRequired("CASTING_VOTE_REQUIRED") { yes_votes: u32, no_votes: u32 } =
            "{yes_votes} to {no_votes} is a tie; the chair's casting vote is needed",
        // Outcomes
        NoPassedBallot("NO_PASSED_BALLOT") { version: u32, topic_number: u32 } =
            "no ballot has passed version {version} of topic {topic_number}",
        BallotPassed("BALLOT_PASSED") { ballot_number: u32, topic_number: u32 } =
            "ballot {ballot_number} on topic {topic_number} passed; the topic ends with the adoption of what was voted on, unless its voters reconsider it",
        DecisionWithoutItems("DECISION_WITHOUT_ITEMS") { topic_number: u32 } =
            "the decision on topic {topic_number} has no action item and is not declaratory",
        DeclaratoryWithItems("DECLARATORY_WITH_ITEMS") { topic_number: u32, items: usize } =
            "the decision on topic {topic_number} has {items} action items and so is not declaratory",
        DecisionNotExecutable("DECISION_NOT_EXECUTABLE") {
            topic_number: u32,
            item_number: u32,
            missing: &'static str,
        } = "the decision on topic {topic_number} cannot be carried out: item {item_number} has no {missing}",
        DueBeforeDecision("DUE_BEFORE_DECISION") {
            item_number: u32,
            topic_number: u32,
            due_on: Date,
            decided_on: Date,
        } = "item {item_number} of topic {topic_number} is due on {due_on}, before the decision on {decided_on}; \
             revise the item, or move to reconsider the text where it was voted on",
        ResumesInThePast("RESUMES_IN_THE_PAST") { resume_on: Date, today: Date } =
            "{resume_on} has passed; today is {today}",
        DeferralsExhausted("DEFERRALS_EXHAUSTED") { topic_number: u32, deferrals: u32, max: u32 } =
            "topic {topic_number} has been deferred {deferrals} times; at most {max} are allowed",
        TopicUndecided("TOPIC_UNDECIDED") { topic_number: u32, title: Line } =
            "topic {topic_number}, {title}, has no outcome",
    }
}
