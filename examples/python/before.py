"""Before the meeting: the request, the rules, the room."""

from __future__ import annotations

import hashlib

from google.protobuf.timestamp_pb2 import Timestamp
from huishang.directory.v1 import department_pb2 as directory
from huishang.scheduling.v1 import admission_pb2 as admission
from huishang.scheduling.v1 import body_pb2 as bodies
from huishang.scheduling.v1 import charter_pb2 as charter
from huishang.scheduling.v1 import convening_pb2 as convening
from huishang.scheduling.v1 import decision_pb2 as decision
from huishang.scheduling.v1 import outline_pb2 as outline
from huishang.scheduling.v1 import room_pb2
from huishang.scheduling.v1 import session_pb2 as session

from client import HuishangError, Person
from report import report

BODY = "STREETS"
ROOM = "TOWN-HALL-2"
TOPIC = 1


def prepare(clerk: Person, roads: Person) -> None:
    """Registers the departments, the room and the body. What is the same already writes no record."""
    names = {"POLICE": "Traffic Police", "ROADS": "Roads and Bridges", "SCHOOLS": "Schools"}
    for code, name in names.items():
        department = directory.Department(
            code=code,
            name=name,
            level=directory.DEPARTMENT_LEVEL_MUNICIPAL,
            kind=directory.DEPARTMENT_KIND_AGENCY,
        )
        clerk.directory.RegisterDepartment(directory.RegisterDepartmentRequest(department=department))
    room = room_pb2.Room(code=ROOM, name="Room 2 in the town hall", seats=12)
    clerk.scheduling.RegisterRoom(room_pb2.RegisterRoomRequest(room=room))
    everybody = decision.Quorum(base=decision.QUORUM_BASE_ALL_SEATS, numerator=1, denominator=1)
    streets = charter.BodyCharter(
        name="Streets",
        chair_code="POLICE",
        seats=[charter.Seat(department_code="POLICE"), charter.Seat(department_code="ROADS")],
        meeting_rules=charter.MeetingRules(topics_max=3, duration_minutes_max=60),
        decision_rules=[decision.DecisionRule(quorum=everybody)],
    )
    clerk.scheduling.DefineBody(bodies.DefineBodyRequest(body_code=BODY, charter=streets))
    # The seat of another department counts once it has accepted it.
    roads.scheduling.AcceptSeat(bodies.AcceptSeatRequest(body_code=BODY, department_code="ROADS"))


def request_session(schools: Person, earliest_start_at: Timestamp) -> session.Session:
    """SCHOOLS checks its request, files it, and submits a paper for it."""
    wanted = outline.SessionOutline(
        title="A safe crossing at Elm Street School",
        purpose="POLICE rules the traffic and ROADS the roadway; neither can do it alone.",
        body_code=BODY,
        kind=outline.SESSION_KIND_STANDING,
        topics=[
            outline.SessionTopic(number=TOPIC, title="The crossing", timebox_minutes=8, papers_required=True)
        ],
        attendees=[
            attendee("POLICE", outline.ROLE_ON_TOPIC_DECIDES),
            attendee("ROADS", outline.ROLE_ON_TOPIC_DECIDES),
            attendee("SCHOOLS", outline.ROLE_ON_TOPIC_ADVISES),
        ],
        duration_minutes=10,
        earliest_start_at=earliest_start_at,
    )
    checked = schools.scheduling.RequestSession(
        admission.RequestSessionRequest(outline=wanted, validate_only=True)
    )
    report(checked.position, "The request would be accepted; nothing is written (validate_only)")
    filed = schools.scheduling.RequestSession(admission.RequestSessionRequest(outline=wanted))
    report(filed.position, f"SCHOOLS requests a session: {wanted.title}")

    count = b"Of 412 children who cross Elm Street each morning, 38 run.\n"
    paper = outline.Paper(
        title="Count of May", sha256=hashlib.sha256(count).hexdigest(), uri="https://schools.example/count"
    )
    submitted = schools.scheduling.SubmitPaper(
        admission.SubmitPaperRequest(session_id=filed.session.session_id, topic_number=TOPIC, paper=paper)
    )
    report(submitted.position, f"SCHOOLS submits a paper: {paper.title}")
    return submitted.session


def attendee(department_code: str, role: outline.RoleOnTopic) -> outline.SessionAttendee:
    """A department with its role on the only topic."""
    on_topic = outline.TopicRole(topic_number=TOPIC, role=role)
    return outline.SessionAttendee(department_code=department_code, roles=[on_topic])


def convene_session(clerk: Person, session_id: str, starts_at: Timestamp) -> int:
    """Brings a request to its meeting; returns the position at which that is convened."""
    screened = clerk.scheduling.ScreenSession(admission.ScreenSessionRequest(session_id=session_id))
    report(screened.position, f"It is screened, and breaks {len(screened.session.findings)} rules of {BODY}")
    admitted = clerk.scheduling.AdmitSession(admission.AdmitSessionRequest(session_id=session_id))
    report(admitted.position, "The session is admitted")
    schedule(clerk, session_id, starts_at)
    convened = clerk.scheduling.ConveneSession(convening.ConveneSessionRequest(session_id=session_id))
    report(convened.position, "The session is convened")
    return convened.position


def schedule(clerk: Person, session_id: str, starts_at: Timestamp) -> None:
    """Books the room, at the first time from `starts_at` on at which it is free."""
    request = convening.ScheduleSessionRequest(session_id=session_id, room_code=ROOM, starts_at=starts_at)
    while True:
        try:
            scheduled = clerk.scheduling.ScheduleSession(request)
        except HuishangError as refusal:
            if refusal.reason != "ROOM_TAKEN":
                raise
            print(f"        refused, ROOM_TAKEN: until {refusal.metadata['ends_at']}")
            request.starts_at.FromJsonString(refusal.metadata["ends_at"])
        else:
            slot = scheduled.session.slot
            report(scheduled.position, f"{slot.room_code} is booked from {slot.starts_at.ToJsonString()}")
            return
