"""An installation with a story for the pages: departments with long names, items in every column of the board, a session
in the middle of a ballot. It is played by HTTP, as any client would play it."""

import json
import re
import subprocess
import tempfile
import urllib.request
import uuid
from pathlib import Path

START = "2027-03-01T01:00:00Z"
DEPARTMENTS = {
    "WATER": "水务局",
    "ROADS": "城市道路与地下综合管廊建设运行维护管理委员会办公室（挂市政设施事务中心牌子）",
    "HOUSING": "住房和城乡建设局",
    "FINANCE": "财政局",
    "PLANNING": "发展和改革委员会",
    "GAS": "燃气集团",
    "HEALTH": "Health Commission",
    "PARKS": "Parks and Gardens",
    "OFFICE": "市督查室",
}
LONG_TITLE = "轨道施工影响范围雨水管迁改与既有管线保护" * 10
DIGEST = "0a" * 32


class Installation:
    """A server of its own with development keys, which ends with the block."""

    def __init__(self, program, short_titles=False):
        self.program, self.short_titles = program, short_titles

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        return self.start("127.0.0.1:0")

    def start(self, listen):
        """Serves what is there at this address."""
        command = [self.program, "up", "--data", self.folder.name, "--listen", listen, "--clock", f"movable:{START}"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={"HUISHANG_LANG": "en", "HUISHANG_ACCESS_LOG__FOLDER": f"{self.folder.name}/access"},
        )
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found.group()
                return self
        raise RuntimeError("huishang up said no address")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def token(self, role, department=None):
        command = [self.program, "token", "--role", role]
        if department:
            command += ["--department", department]
        env = {"HUISHANG_DATA": self.folder.name}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout.strip()

    def verify(self, document, proof, key):
        """What `huishang verify` says of a document."""
        command = [self.program, "verify", document, "--key", key, "--server", self.url]
        command += ["--proof", proof] if proof else []
        command += ["--token", self.token("operator"), "--personal-keys", f"{self.folder.name}/personal-keys"]
        said = subprocess.run(command, capture_output=True, text=True, env={"HUISHANG_LANG": "en"})
        return said.stdout + said.stderr

    def caller(self, role, department=None):
        return Caller(self.url, self.token(role, department))


class Caller:
    """Somebody with a token."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def get(self, path):
        return self.send(urllib.request.Request(self.url + path))

    def post(self, path, **fields):
        body = json.dumps({"commandId": str(uuid.uuid4()), **fields}).encode()
        return self.send(urllib.request.Request(self.url + path, body, {"content-type": "application/json"}))

    def send(self, request):
        request.add_header("authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{request.full_url}: {refused.read().decode()}") from refused


def play(installation):
    """Plays the story; returns the ids that pages are opened with."""
    clerk = installation.caller("clerk,chair", "HOUSING")
    supervisor = installation.caller("supervisor", "OFFICE")
    operator = installation.caller("operator")
    leads = {code: installation.caller("department-lead", code) for code in DEPARTMENTS}
    for code, name in DEPARTMENTS.items():
        name = name if not installation.short_titles else name.split("与")[0].split("（")[0]
        department = {"code": code, "name": name, "level": "DEPARTMENT_LEVEL_MUNICIPAL", "kind": "DEPARTMENT_KIND_AGENCY"}
        clerk.post("/v1/departments", department=department)
    seats = [{"departmentCode": code} for code in DEPARTMENTS if code != "OFFICE"]
    charter = {"name": "城市更新联席会议", "chairCode": "HOUSING", "seats": seats, "secretariatCodes": ["HOUSING"], "convenorCodes": ["HOUSING"]}
    operator.post("/v1/bodies", bodyCode="RENEWAL", charter=charter)
    operator.post("/v1/rooms", room={"code": "R-301", "name": "三楼会议室", "seats": 40})
    items = record(supervisor, LONG_TITLE[:20] if installation.short_titles else LONG_TITLE)
    follow(items, leads, supervisor)
    operator.post("/v1/clock:move", clockAt="2027-03-23T01:12:00Z")
    session = sit(clerk, leads)
    waiting = clerk.post("/v1/matters", bodyCode="RENEWAL", title="老城排水管网改造资金", summary="谁来出资")["matter"]
    position = int(clerk.get("/v1/log/head")["position"])
    agenda = clerk.get(f"/v1/sessions/{session}?atLeastPosition={position}")["session"]["outline"]["topics"]
    supervisor.get(f"/v1/follow-ups?atLeastPosition={position}")
    (resolution,) = supervisor.get("/v1/resolutions")["resolutions"]
    ids = {"waiting": waiting["matterId"], "matter": agenda[0]["matterId"], "item": items[0], "claimed": items[2], "blocked": items[3], "session": session}
    return ids | {"resolution": resolution["resolutionId"]}


def record(supervisor, first_title):
    """Items with dates from soon to far, their leads in turn; returns their ids in the order of their numbers."""
    leads = ["ROADS", "WATER", "HOUSING", "FINANCE", "PLANNING", "GAS", "HEALTH", "PARKS"]
    titles = [first_title, "内涝监测点加密", "消防通道划线与占道拆除", "片区积水点改造资金下达", "投资计划调整批复"]
    titles += ["老城燃气管线让位方案", "Rezone land for community clinics", "背街小巷照明补盲二期"]
    days = [5, 8, 9, 12, 17, 20, 40, 6]
    items = [
        {
            "title": titles[at],
            "deliverable": "竣工测量图与验收报告",
            "criterion": "全段闭水试验合格；竣工测量图与现场一致",
            "leadCode": leads[at],
            "coResponsibleCodes": [leads[(at + 1) % 8]] if at % 2 == 0 else [],
            "due": {"afterWorkingDays": days[at]},
        }
        for at in range(8)
    ]
    recorded = supervisor.post(
        "/v1/resolutions", bodyCode="RENEWAL", title="城市更新第三批任务", text="下列任务按期完成。", decidedOn="2027-03-01",
        source="会议纪要〔2027〕3 号", items=items,
    )
    listed = supervisor.get(f"/v1/items?atLeastPosition={recorded['position']}")
    return [item["itemId"] for item in listed["items"]]


def follow(items, leads, supervisor):
    """What departments report: one item is never acknowledged, one is claimed, one blocked, one contested, one asks for time."""
    by_lead = dict(zip(["ROADS", "WATER", "HOUSING", "FINANCE", "PLANNING", "GAS", "HEALTH", "PARKS"], items))
    for code in ["ROADS", "WATER", "HOUSING", "FINANCE", "PLANNING"]:
        leads[code].post(f"/v1/items/{by_lead[code]}:acknowledge")
    leads["ROADS"].post(f"/v1/items/{by_lead['ROADS']}/progress-reports", percent=20, note="完成探管和围挡。")
    supervisor.post(f"/v1/items/{by_lead['ROADS']}/urges", text="请按期完成。")
    evidence = [{"title": "闭水试验报告", "sha256": DIGEST, "uri": "urn:document:7"}]
    leads["HOUSING"].post(f"/v1/items/{by_lead['HOUSING']}:claimCompletion", summary="已全部完成。", evidence=evidence)
    leads["FINANCE"].post(f"/v1/items/{by_lead['FINANCE']}:reportBlockage", reason="投资计划未调整", helpFromCode="PLANNING")
    leads["PLANNING"].post(f"/v1/items/{by_lead['PLANNING']}:requestExtension", reason="上级批复未到", due={"dueOn": "2027-04-30"})
    leads["GAS"].post(f"/v1/items/{by_lead['GAS']}:contest", reason="应由住建局牵头")
    supervisor.post(f"/v1/items/{by_lead['HEALTH']}:addDependency", onItemId=by_lead["GAS"])


def sit(clerk, leads):
    """A session of eight departments, up to a ballot of which half of the votes are cast; returns its id."""
    topics = [{"title": "燃气管线让位原则", "timeboxMinutes": 20}, {"title": "内涝治理资金分担方案", "timeboxMinutes": 30}]
    roles = [{"topicNumber": 1, "role": "ROLE_ON_TOPIC_DECIDES"}, {"topicNumber": 2, "role": "ROLE_ON_TOPIC_DECIDES"}]
    seats = [code for code in DEPARTMENTS if code != "OFFICE"]
    outline = {
        "title": "城市更新联席会议 2027 年第 3 次会议", "purpose": "定下第二季度的资金分担", "bodyCode": "RENEWAL",
        "kind": "SESSION_KIND_EMERGENCY", "emergency": {"reason": "汛期将至", "authority": "防汛预案"},
        "topics": topics, "attendees": [{"departmentCode": code, "roles": roles} for code in seats],
        "durationMinutes": 90, "earliestStartAt": "2027-03-23T01:30:00Z",
    }
    session = clerk.post("/v1/sessions", outline=outline)["session"]["sessionId"]
    for step in ["screen", "admit", "convene"]:
        position = clerk.post(f"/v1/sessions/{session}:{step}")["position"]
    clerk.get(f"/v1/dockets/{session}?atLeastPosition={position}")
    for code in seats:
        clerk.post(f"/v1/dockets/{session}/arrivals", departmentCode=code, delegate=f"{code.title()} Li")
    clerk.post(f"/v1/dockets/{session}:open")
    topic = f"/v1/dockets/{session}/topics/1"
    clerk.post(f"{topic}:open")
    clerk.post(f"{topic}/proposals", text="燃气管线为排水让位，费用各半。")
    clerk.post(f"{topic}:closeDebate")
    clerk.post(f"{topic}/ballots", version=1)
    for code in seats[:4]:
        clerk.post(f"{topic}/votes", departmentCode=code, choice="VOTE_CHOICE_YES")
    return session
