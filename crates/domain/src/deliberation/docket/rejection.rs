//! Why a docket says no.

use crate::{Code, Date, Line, Timestamp, rejections};

rejections! {
    /// Why the docket refuses.
    Rejection {
        NotFound { what: String } = "{what} does not exist",
        // Preparing
        NoTopics = "a docket needs a topic",
        TooManyTopics { topics: usize, max: usize } = "{topics} topics were given; a docket takes at most {max}",
        TooManyParticipants { departments: usize, max: usize } =
            "{departments} departments were given; a docket takes at most {max}",
        TopicTwice { topic: u32 } = "topic {topic} is given twice",
        ParticipantTwice { department: Code } = "department {department} is given twice",
        RoleMisplaced { department: Code, topic: u32 } =
            "department {department} has a role on topic {topic}, which is not on the agenda or given twice",
        QuorumOutOfRange { percent: u32 } = "a quorum of {percent} % is more than all",
        // The floor
        NotOpen { stage: &'static str } = "the docket is {stage}, not open",
        AlreadyClosed = "the docket is closed",
        NotAMeeting = "a countersign has no attendance",
        NotAParticipant { department: Code } = "department {department} does not take part in this docket",
        NotPresent { department: Code } = "department {department} is not present",
        NotYourDepartment { department: String, needed: Code } =
            "only {needed} may do this; you speak for {department}",
        NoQuorum { present: u32, needed: u32, departments: u32 } =
            "{present} of {departments} deciding departments are present; {needed} are needed",
        AnotherTopicOpen { topic: u32, open: u32 } = "topic {open} is on the floor; pause it before topic {topic}",
        TopicNotOpen { topic: u32 } = "topic {topic} has not been called",
        TopicDecided { topic: u32, outcome: &'static str } = "topic {topic} is already {outcome}",
        DebateOver { topic: u32 } = "the debate of topic {topic} is closed; call the topic again to reopen it",
        DigressionOutOfRange { minutes: u32, max: u32 } = "a digression has 1 to {max} minutes, not {minutes}",
        NoVoice { department: Code, topic: u32 } = "department {department} neither decides nor advises on topic {topic}",
        // Proposals and items
        NoProposal { topic: u32 } = "topic {topic} has no proposal yet",
        TooManyVersions { topic: u32, max: u32 } = "topic {topic} has {max} versions, the most there may be",
        TooManyAmendments { topic: u32, max: usize } = "topic {topic} has {max} amendments, the most there may be",
        AmendmentPending { topic: u32, amendment: u32 } = "amendment {amendment} to topic {topic} is still to be resolved",
        AmendmentResolved { topic: u32, amendment: u32 } = "amendment {amendment} to topic {topic} was resolved the other way",
        AmendmentOutdated { amendment: u32, version: u32, current: u32 } =
            "amendment {amendment} changes version {version}, but version {current} is current",
        NoItems { topic: u32 } = "no items were given for topic {topic}",
        TooManyItems { items: usize, max: usize } = "{items} items were given; at most {max} are taken at a time",
        DocketFull { items: u32, max: u32 } = "the docket would have {items} items; at most {max} are taken",
        DraftTooLarge { bytes: usize, max: usize } =
            "the items hold {bytes} bytes of text; at most {max} are taken at a time",
        TooManySupporters { departments: usize, max: usize } =
            "{departments} departments support one item; at most {max} are taken",
        NamedTwice { department: Code } = "department {department} is named twice as co-responsible",
        DueTooFar { due: String } = "due {due} is further ahead than ten years",
        // Ballots
        BallotStillOpen { topic: u32, ballot: u32 } = "ballot {ballot} on topic {topic} is open; close it first",
        NoBallotOpen { topic: u32 } = "no ballot is open on topic {topic}",
        TooManyBallots { max: u32 } = "the docket has had {max} ballots, the most there may be",
        NobodyDecides { topic: u32 } = "no department has the right to vote on topic {topic}",
        VersionOutdated { version: u32, current: u32 } = "version {version} is not current; version {current} is",
        ShareOutOfRange { numerator: u32, denominator: u32 } =
            "a qualified majority of {numerator}/{denominator} is not more than half and at most all",
        NotEntitled { department: Code, topic: u32 } = "department {department} does not decide on topic {topic}",
        HasRecused { department: Code, topic: u32 } = "department {department} has recused itself from topic {topic}",
        CountersignOver { deadline: Timestamp } = "the countersign ended at {deadline}",
        VoicesMissing { missing: u32, deadline: Timestamp } =
            "{missing} departments have not signed yet and may do so until {deadline}",
        CastingVoteNeeded { yes: u32, no: u32 } = "{yes} to {no} is a tie; the chair's casting vote is needed",
        // Outcomes
        NoPassedBallot { topic: u32, version: u32 } = "no passed ballot stands on version {version} of topic {topic}",
        BallotPassed { topic: u32, ballot: u32 } = "ballot {ballot} passed topic {topic}; it cannot be rejected",
        DecisionWithoutItems { topic: u32 } =
            "the decision on topic {topic} has no action item and is not declaratory",
        DeclaratoryWithItems { topic: u32, items: usize } =
            "the decision on topic {topic} has {items} action items and so is not declaratory",
        DecisionNotExecutable { topic: u32, item: u32, missing: &'static str } =
            "the decision on topic {topic} cannot be carried out: item {item} has no {missing}",
        DueBeforeDecision { topic: u32, item: u32, due: Date, decided_on: Date } =
            "item {item} of topic {topic} is due on {due}, before the decision on {decided_on}",
        DeferredIntoThePast { until: Date, today: Date } = "{until} has passed; today is {today}",
        DeferralsExhausted { topic: u32, deferrals: u32, max: u32 } =
            "topic {topic} was deferred {deferrals} times; more than {max} is not allowed",
        TopicUndecided { topic: u32, title: Line } = "topic {topic}, {title}, has no outcome",
    }
}
