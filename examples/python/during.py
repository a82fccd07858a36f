"""During the meeting: arrivals, debate, ballot, decision."""

from __future__ import annotations

from huishang.deliberation.v1 import ballot_pb2 as ballot
from huishang.deliberation.v1 import docket_pb2 as docket
from huishang.deliberation.v1 import due_pb2, item_pb2
from huishang.deliberation.v1 import floor_pb2 as floor
from huishang.deliberation.v1 import outcomes_pb2 as outcomes
from huishang.deliberation.v1 import proposals_pb2 as proposals
from huishang.deliberation.v1 import queries_pb2 as queries
from huishang.deliberation.v1 import voting_pb2 as voting

from client import HuishangError, Person
from report import report

TOPIC = 1


def open_docket(chair: Person, docket_id: str, convened: int) -> None:
    """Opens the meeting, which a rule prevents until enough departments are there."""
    # The docket of a convened session is made by another service. The answer comes when it is there.
    answer = chair.deliberation.GetDocket(
        queries.GetDocketRequest(docket_id=docket_id, at_least_position=convened)
    )
    report(answer.position, f"The docket is there: {answer.docket.agenda.title}")
    record_arrival(chair, docket_id, "POLICE", "Inspector Ma")
    record_arrival(chair, docket_id, "SCHOOLS", "Ms. Song")
    opening = floor.OpenDocketRequest(docket_id=docket_id)
    try:
        opened = chair.deliberation.OpenDocket(opening)
    except HuishangError as refusal:
        if refusal.reason != "NO_QUORUM":
            raise
        figures = refusal.metadata
        print(f"        refused, NO_QUORUM: {figures['present']} present, {figures['needed']} needed")
        record_arrival(chair, docket_id, "ROADS", "Engineer Lu")
        opened = chair.deliberation.OpenDocket(opening)
    report(opened.position, "The docket is open")


def record_arrival(chair: Person, docket_id: str, department_code: str, delegate: str) -> None:
    """Records who speaks for a department."""
    arrived = chair.deliberation.RecordArrival(
        floor.RecordArrivalRequest(docket_id=docket_id, department_code=department_code, delegate=delegate)
    )
    report(arrived.position, f"{delegate} arrives for {department_code}")


def debate(chair: Person, roads: Person, schools: Person, docket_id: str) -> docket.DocketTopic:
    """Hears the departments and writes the proposal; returns the topic with all of that."""
    chair.deliberation.OpenTopic(floor.OpenTopicRequest(docket_id=docket_id, topic_number=TOPIC))
    reasons = "A raised crossing fits the road."
    first = roads.deliberation.RecordStatement(statement(docket_id, "ROADS", docket.STANCE_SUPPORT, reasons))
    report(first.position, f"ROADS supports it: {reasons}")

    # While the chair writes, from what it has read up to the first statement, there is another one.
    reasons = "Only with lights, and before the term begins."
    second = schools.deliberation.RecordStatement(
        statement(docket_id, "SCHOOLS", docket.STANCE_SUPPORT_WITH_CONDITIONS, reasons)
    )
    report(second.position, f"SCHOOLS supports it on conditions: {reasons}")

    text = "ROADS builds a raised crossing."
    proposal = proposals.SubmitProposalRequest(
        docket_id=docket_id, topic_number=TOPIC, text=text, expected_position=first.position
    )
    try:
        proposed = chair.deliberation.SubmitProposal(proposal)
    except HuishangError as refusal:
        if refusal.reason != "CHANGED_SINCE":
            raise
        position = int(refusal.metadata["position"])
        print(f"        aborted, CHANGED_SINCE: {refusal.metadata['events']} at position {position}")
        seen = chair.deliberation.GetDocket(
            queries.GetDocketRequest(docket_id=docket_id, at_least_position=position)
        )
        conditions = [
            said.reasons
            for said in seen.docket.topics[0].statements
            if said.stance == docket.STANCE_SUPPORT_WITH_CONDITIONS
        ]
        proposal.text = " ".join([text, *conditions])
        proposal.expected_position = seen.position
        proposed = chair.deliberation.SubmitProposal(proposal)
    topic = proposed.docket.topics[0]
    report(proposed.position, f"Version {len(topic.versions)} is proposed: {topic.versions[-1]}")
    return topic


def statement(
    docket_id: str, department_code: str, stance: docket.Stance, reasons: str
) -> floor.RecordStatementRequest:
    """What a department says on the only topic."""
    return floor.RecordStatementRequest(
        docket_id=docket_id,
        topic_number=TOPIC,
        department_code=department_code,
        stance=stance,
        reasons=reasons,
    )


def decide(chair: Person, voters: dict[str, Person], docket_id: str, version: int) -> int:
    """Drafts the item, votes, adopts and closes; returns the position at which the docket is closed."""
    draft = item_pb2.ItemDraft(
        title="Raised crossing with lights",
        deliverable="A raised crossing with lights at Elm Street School",
        criterion="The lights have worked on three mornings",
        lead_code="ROADS",
        co_responsible_codes=["POLICE"],
        due=due_pb2.DueRule(after_working_days=30),
    )
    drafted = chair.deliberation.DraftItems(
        proposals.DraftItemsRequest(docket_id=docket_id, topic_number=TOPIC, items=[draft])
    )
    report(drafted.position, f"An item is drafted for {draft.lead_code}: {draft.title}")
    chair.deliberation.CloseDebate(floor.CloseDebateRequest(docket_id=docket_id, topic_number=TOPIC))
    chair.deliberation.OpenBallot(
        voting.OpenBallotRequest(docket_id=docket_id, topic_number=TOPIC, version=version)
    )
    for department_code, voter in voters.items():
        vote = voting.CastVoteRequest(
            docket_id=docket_id,
            topic_number=TOPIC,
            department_code=department_code,
            choice=ballot.VOTE_CHOICE_YES,
        )
        report(voter.deliberation.CastVote(vote).position, f"{department_code} votes yes")
    counted = chair.deliberation.CloseBallot(
        voting.CloseBallotRequest(docket_id=docket_id, topic_number=TOPIC)
    )
    report(counted.position, f"The ballot is counted: {counted.docket.topics[0].ballots[-1].sentence}")
    adopted = chair.deliberation.AdoptDecision(
        outcomes.AdoptDecisionRequest(docket_id=docket_id, topic_number=TOPIC)
    )
    report(adopted.position, "The decision is adopted")
    closed = chair.deliberation.CloseDocket(outcomes.CloseDocketRequest(docket_id=docket_id))
    report(closed.position, "The docket is closed")
    return closed.position
