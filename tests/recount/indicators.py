"""Recounts the indicators from an exported log alone.

Usage: indicators.py LOG.jsonl NOW ZONE. Prints them for everything, for each body, for each department and for each day on
which something happened. It shares no code with Huishang: what both say must be equal.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

TYPES = "type.googleapis.com/huishang."
YEAR = timedelta(days=365)


def moment(text):
    """A moment in UTC; the log has up to nine digits of a second."""
    head, _, rest = text.rstrip("Z").partition(".")
    micros = int((rest + "000000")[:6])
    return datetime.fromisoformat(head).replace(microsecond=micros, tzinfo=timezone.utc)


def person_minutes(event):
    people = sum(1 + one.get("companions", 0) for one in event.get("attendees", []))
    return event.get("durationMinutes", 0) * people


class Session:
    def __init__(self, at, outline, event):
        self.requested, self.body = at, outline["bodyCode"]
        self.topics = len(outline.get("topics", []))
        self.convened = self.closed = self.opened = None
        self.always = {event["chairCode"]} | ({event["requesterCode"]} if "requesterCode" in event else set())
        self.attending = {one["departmentCode"] for one in outline.get("attendees", [])}
        self.minutes = person_minutes(outline)
        self.into, self.spared, self.spared_at = None, 0, None
        self.rate, self.rated = (None, 0), set()
        self.meeting = False
        self.bounded = self.agenda_topics = self.outcomes = self.decided = self.spent = self.off = 0
        self.present, self.stays, self.roles, self.acted, self.decisions = {}, [], set(), set(), {}

    def concerned(self):
        return self.always | self.attending

    def prepare(self, agenda):
        self.meeting = "meeting" in agenda["mode"]
        topics = agenda.get("topics", [])
        self.agenda_topics = len(topics)
        self.bounded = sum(topic.get("timeboxMinutes", 0) > 0 for topic in topics)
        for one in agenda.get("participants", []):
            if any(role["role"] != "ROLE_ON_TOPIC_INFORMED" for role in one.get("roles", [])):
                self.roles.add(one["departmentCode"])

    def act(self, kind, event, issuer):
        if kind in ("DocketOpened", "TopicOpened", "ProposalSubmitted"):
            self.acted.add(issuer)
        elif kind in ("StatementRecorded", "AmendmentSubmitted", "AmendmentSeconded", "MotionMoved", "MotionSeconded", "ItemAccepted",
                      "ChoiceCast", "VoteCast", "VoteSealed"):
            self.acted |= {event["departmentCode"], event.get("castByCode", event["departmentCode"])}
        elif kind in ("ItemDrafted", "ItemRevised"):
            draft = event["item"]["draft"]
            self.acted |= {draft.get("leadCode")} | set(draft.get("coResponsibleCodes", []))
        elif kind == "BallotClosed":
            roll = event.get("roll", [])
            if event["result"].get("cast", 0) > sum(seat.get("voted", False) for seat in roll):
                self.acted |= {seat["departmentCode"] for seat in roll
                               if seat.get("present") and not seat.get("recused")}

    def apply(self, kind, event, at, issuer):
        self.act(kind, event, issuer)
        if kind == "DocketPrepared":
            self.prepare(event["agenda"])
        elif kind == "ArrivalRecorded":
            self.present.setdefault(event["departmentCode"], at)
        elif kind == "DepartureRecorded":
            since = self.present.pop(event["departmentCode"], None)
            if since:
                self.stays.append((event["departmentCode"], since, at))
        elif kind == "DocketAdjourned":
            self.present, self.stays = {}, []
        elif kind == "DocketOpened":
            self.opened = moment(event["openedAt"])
        elif kind == "DecisionAdopted":
            self.decisions[event["topicNumber"]] = (at, event.get("declaratory") or bool(event.get("dueDates")))
        elif kind == "DocketClosed":
            count = lambda *names: sum(event.get(name, 0) for name in names)
            self.closed = moment(event["closedAt"])
            self.decided = count("adopted", "rejected")
            self.outcomes = self.decided + count("deferred", "referred", "withdrawn")
            self.spent, self.off = int(event.get("spentSeconds", 0)), event.get("digressionMinutes", 0)
            self.stays += [(code, since, None) for code, since in self.present.items()]

    def presences(self):
        """Each department that was there, with the hours while the docket was open, and whether it did nothing."""
        found = {}
        for code, since, until in self.stays:
            end = min(until or self.closed, self.closed)
            hours = max((end - max(since, self.opened)).total_seconds(), 0) / 3600
            after_opening = until is None or until > self.opened
            idle = code in self.roles and code not in self.acted and after_opening
            known = found.setdefault(code, [0, 0, False])
            known[0] += hours
            if idle:
                known[1], known[2] = known[1] + hours, True
        return found

    def is_effective(self):
        return (self.bounded == self.agenda_topics == self.outcomes and self.off * 120 <= self.spent
                and bool(self.decisions) and all(done for _, done in self.decisions.values()))


def downwards(code, parents):
    """A department with all that are below it."""
    return {code}.union(*(downwards(below, parents) for below, above in parents.items() if above == code))


WITHOUT_SMALLER = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF".split()
WITH_THOUSAND = "BHD IQD JOD KWD LYD OMR TND".split()


def rate(rules):
    """What an hour of one person costs: the currency and the amount."""
    if "hourlyRate" not in rules:
        return None, 0
    currency, units = rules["hourlyRate"]["currencyCode"], rules["hourlyRate"].get("minorUnits", 0)
    return currency, units / (1 if currency in WITHOUT_SMALLER else 1000 if currency in WITH_THOUSAND else 100)


def figures(sessions, departments, now, body=None, codes=None, day=None, zone=None):
    """Numerator and denominator of each indicator."""
    within = lambda at: at and (day is None or at.astimezone(zone).date() == day)
    ours = [one for one in sessions.values()
            if (body is None or one.body == body) and (codes is None or codes & one.concerned())]
    concluded = [one for one in ours if one.meeting and within(one.closed)]
    convened = [one for one in ours if within(one.convened)]
    decisions = [(at, one) for one in ours for at, _ in one.decisions.values() if within(at)]
    attended = [(who, one, spent) for one in sessions.values()
                if one.meeting and within(one.closed) and one.opened and (body is None or one.body == body)
                for who, spent in one.presences().items() if codes is None or who in codes]
    in_year = [spent[0] for _, one, spent in attended if day or one.closed > now - YEAR]
    idle = [spent[1] for _, _, spent in attended if spent[2]]
    of_year = [(one.rate, spent) for _, one, spent in attended if spent[2] and (day or one.closed > now - YEAR)]
    cost = lambda currency, paid: sum(hours * amount for (known, amount), hours in paid if known == currency)
    people = len(departments if codes is None else codes & departments.keys())
    seconds = sum((at - one.requested).total_seconds() for at, one in decisions)
    return [
        ("effective_session_ratio", sum(one.is_effective() for one in concluded), len(concluded)),
        ("topics_per_session", sum(one.topics for one in convened), len(convened)),
        ("off_topic_ratio", sum(one.off for one in concluded), sum(one.spent for one in concluded) / 60),
        ("session_hours_per_person", sum(in_year), people),
        ("decision_lead_time", seconds / 86400, len(decisions)),
        ("sessions_convened", len(convened), 0),
        ("sessions_avoided", sum(not one.meeting and one.decided > 0 and bool(within(one.closed)) for one in ours), 0),
        ("person_hours_avoided", sum(one.spared for one in ours if within(one.spared_at)) / 60, 0),
        ("idle_attendance", len(idle), 0),
        ("idle_attendance_hours", sum(idle), 0),
    ] + [
        told
        for currency in sorted({known for one in sessions.values() for known in one.rated})
        for told in [
            ("cost_avoided",
             cost(currency, [(one.rate, one.spared / 60) for one in ours if within(one.spared_at)]), 0),
            ("idle_attendance_cost", cost(currency, [(rate, spent[1]) for rate, spent in of_year]), 0),
        ]
    ]


def main():
    log, now, zone = sys.argv[1], moment(sys.argv[2]), ZoneInfo(sys.argv[3])
    sessions, departments, days = {}, {}, set()
    with open(log, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            category, _, thing = record.get("subject", "").rpartition(".")
            if "data" not in record or "events" not in record["data"]:
                continue
            at = moment(record["time"])
            issuer = record["data"]["envelope"].get("actor", {}).get("departmentCode")
            for event in record["data"]["events"]:
                kind = event["@type"].removeprefix(TYPES).rpartition(".")[2]
                if category == "directory.department" and kind == "DepartmentRegistered":
                    departments[event["profile"]["code"]] = event["profile"].get("parentCode")
                elif kind == "SessionRequested":
                    sessions[thing] = Session(at, event["outline"], event)
                elif category == "scheduling.session":
                    session = sessions[thing]
                    if kind == "SessionScreened":
                        session.rate = rate(event.get("rules", {}))
                        session.rated |= {session.rate[0]} - {None}
                    if kind == "SessionConvened":
                        session.convened = session.convened or at
                    elif kind in ("SessionRevised", "SessionTopicsAbsorbed"):
                        session.topics = len(event.get("topics", []))
                        session.attending = {one["departmentCode"] for one in event.get("attendees", [])}
                        before, session.minutes = session.minutes, person_minutes(event)
                        if kind == "SessionTopicsAbsorbed":
                            merged = sessions[event["fromSessionId"]]
                            merged.spared = max(0, merged.minutes - (session.minutes - before))
                            for one in sessions.values():
                                if one is merged or one.into == event["fromSessionId"]:
                                    one.into = thing
                elif category == "deliberation.docket":
                    sessions[thing].apply(kind, event, at, issuer)
                    if kind == "DocketClosed" and sessions[thing].decided:
                        for one in sessions.values():
                            if one.into == thing and not one.spared_at:
                                one.spared_at = sessions[thing].closed
                        if not sessions[thing].meeting:
                            sessions[thing].spared, sessions[thing].spared_at = sessions[thing].minutes, sessions[thing].closed
                    days.add(at.astimezone(zone).date())
    asked = [{}] + [{"body": body} for body in sorted({one.body for one in sessions.values()})]
    asked += [{"code": code, "codes": downwards(code, departments)} for code in sorted(departments)]
    asked += [{"day": day, "zone": zone} for day in sorted(days)]
    told = []
    for one in asked:
        of = {"body": one.get("body"), "code": one.get("code"), "day": one["day"].isoformat() if "day" in one else None}
        one.pop("code", None)
        told.append({"of": of, "figures": figures(sessions, departments, now, **one)})
    json.dump(told, sys.stdout)


main()
