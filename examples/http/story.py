"""An emergency session by HTTP and JSON, with Python alone."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid

SERVER = os.environ.get("HUISHANG_SERVER", "http://127.0.0.1:7400")
TOKEN_COMMAND = os.environ.get("TOKEN_COMMAND", "huishang token").split()


class Refused(Exception):
    """A refusal: a problem of RFC 9457."""

    def __init__(self, problem: dict):
        super().__init__(problem["detail"])
        self.problem = problem


class Caller:
    """Somebody with a role who may speak for a department."""

    def __init__(self, role: str, department: str = ""):
        words = TOKEN_COMMAND + ["--role", role] + (["--department", department] if department else [])
        self.token = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def command(self, path: str, **fields) -> dict:
        """Sends a command. When the connection breaks, it is sent again with the same id, and has one effect."""
        body = json.dumps({"commandId": str(uuid.uuid4()), **fields}).encode()
        try:
            return self._send(path, body)
        except (urllib.error.URLError, ConnectionError):
            return self._send(path, body)

    def query(self, path: str, **parameters) -> dict:
        return self._send(path + "?" + urllib.parse.urlencode(parameters, doseq=True))

    def _send(self, path: str, body: bytes | None = None) -> dict:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept": "application/problem+json",
            "Accept-Language": "zh",
        }
        request = urllib.request.Request(SERVER + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise Refused(json.load(refused)) from None


def main() -> None:
    clerk, chair = Caller("clerk", "POLICE"), Caller("chair", "POLICE")
    begin = clerk.query("/v1/log/head")
    for code in ["POLICE", "HARBOUR"]:
        department = {"level": "DEPARTMENT_LEVEL_MUNICIPAL", "kind": "DEPARTMENT_KIND_AGENCY"}
        clerk.command("/v1/departments", department={"code": code, "name": code.title(), **department})
    body = "QUAY-" + uuid.uuid4().hex[:8].upper()
    charter = {
        "name": "The quay",
        "chairCode": "POLICE",
        "seats": [{"departmentCode": "POLICE"}, {"departmentCode": "HARBOUR"}],
        "convenorCodes": ["POLICE"],
        "secretariatCodes": ["POLICE"],
        "decisionRules": [
            {
                "method": {"consensus": {}},
                "quorum": {"base": "QUORUM_BASE_ALL_SEATS", "numerator": 1, "denominator": 1},
            }
        ],
    }
    clerk.command("/v1/bodies", bodyCode=body, charter=charter)
    # The seat of another department counts once it has accepted it.
    Caller("clerk", "HARBOUR").command(f"/v1/bodies/{body}:acceptSeat", departmentCode="HARBOUR")
    decides = [{"topicNumber": 1, "role": "ROLE_ON_TOPIC_DECIDES"}]
    outline = {
        "title": "A ship adrift",
        "purpose": "Who tows it",
        "bodyCode": body,
        "kind": "SESSION_KIND_EMERGENCY",
        "emergency": {"reason": "It drifts", "authority": "Plan 4"},
        "topics": [{"number": 1, "title": "The tug", "timeboxMinutes": 10}],
        "attendees": [{"departmentCode": code, "roles": decides} for code in ["POLICE", "HARBOUR"]],
        "durationMinutes": 15,
        "earliestStartAt": begin["clockAt"],
    }
    session = clerk.command("/v1/sessions", outline=outline)["session"]["sessionId"]
    for verb in ["screen", "admit", "convene"]:
        answer = clerk.command(f"/v1/sessions/{session}:{verb}")
    print(f"the session is {answer['session']['stage']}")

    # The docket is made by another service. The answer comes when it is there; nothing is polled.
    docket = f"/v1/dockets/{session}"
    chair.query(docket, atLeastPosition=answer["position"])
    chair.command(f"{docket}/arrivals", departmentCode="POLICE", delegate="Captain Zhao")
    try:
        chair.command(f"{docket}:open")
    except Refused as refused:
        problem = refused.problem
        print(f"refused, {problem['reason']}: {problem['figures']['present']} present: {refused}")
    chair.command(f"{docket}/arrivals", departmentCode="HARBOUR", delegate="Pilot Qin")
    print(f"the docket is {chair.command(f'{docket}:open')['docket']['stage']}")

    after, types = begin.get("position", "0"), []
    while not types or types[-1] != "DocketOpened":
        events = chair.query("/v1/events", afterPosition=after, bodyCode=body, waitSeconds=10)
        after = events["position"]
        types += [event["type"].rsplit(".", 1)[-1] for event in events.get("events", [])]
    print("the feed has " + ", ".join(types))


main()
