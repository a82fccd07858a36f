"""Recounts, from an exported log alone, who held each item for how long, how late it is by its first promise and by the
present one, and how departments kept what they promised: in all, by body, and by the month of the promise.

Usage: recount.py LOG.jsonl NOW ZONE. What happened after NOW does not count. Working days are those from Monday to Friday. It shares no code with Huishang: what
both say must be equal.
"""

import json
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

PREFIX = "type.googleapis.com/huishang.resolution.events.v1.ActionItem"


def moment(text):
    """A moment in UTC; the log has up to nine digits of a second."""
    head, _, rest = text.rstrip("Z").partition(".")
    micros = int((rest + "000000")[:6])
    return datetime.fromisoformat(head).replace(microsecond=micros, tzinfo=timezone.utc)


def working_days(start, end):
    """Working days after one date, up to another."""
    days = (start + timedelta(n) for n in range(1, (end - start).days + 1))
    return sum(day.weekday() < 5 for day in days)


def later(day, count):
    while count:
        day += timedelta(1)
        count -= day.weekday() < 5
    return day


class Item:
    def __init__(self, zone):
        self.zone, self.spans, self.since, self.stage = zone, [], None, None
        self.acceptor, self.suspended, self.waits, self.stuck = None, False, set(), {}
        self.paused, self.paused_at, self.holds = None, None, None
        self.again, self.first_done, self.missed = None, None, []
        self.counts = {"returned": 0, "extended": 0, "reopened": 0}

    def day(self, at):
        return at.astimezone(self.zone).date()

    def holder(self):
        if self.stage in ("accepted", "rescinded"):
            return ("DONE", None)
        if self.stage == "claimed":
            return ("ACCEPTOR", self.acceptor)
        if self.stage == "contested":
            return ("RULING", None)
        if self.suspended:
            return ("SUSPENDED", None)
        if self.waits:
            return ("OTHER_ITEM", None)
        helper, given = self.stuck.get(self.lead, (None, True))
        return ("LEAD", self.lead) if given else ("HELPER", helper)

    def push(self, holder, start, end):
        count = working_days(start, end)
        if count and self.spans and self.spans[-1][0] == holder:
            self.spans[-1][1] += count
        elif count:
            self.spans.append([holder, count])

    def cut(self, holder, end):
        start, self.since = self.since, max(end, self.since)
        if holder[0] != "LEAD":
            return self.push(holder, start, end)
        for nth, due in enumerate(self.dues):
            stop = min(due, end)
            if stop > start:
                self.push(("EXTENSION", holder[1], nth) if nth else holder, start, stop)
                start = stop
        self.push(("LATE", holder[1]), start, end)

    def stopped(self):
        return self.stage in ("claimed", "contested") or self.suspended or bool(self.waits)

    def end_of(self, day):
        """The last moment of a day."""
        midnight = datetime.combine(day + timedelta(1), datetime.min.time(), self.zone)
        return midnight.astimezone(timezone.utc) - timedelta(microseconds=1)

    def counting(self):
        """The promise that lateness is counted by: the first, or the one at the last reopening."""
        return self.again or self.first

    def move_promise(self, day, at):
        """The clock runs on: what was promised is due later by the working days that it stood still, or by that time."""
        on, moment = self.counting()
        if moment == self.end_of(on):
            on = later(on, working_days(self.paused, day))
            moved = (on, self.end_of(on))
        else:
            moment += at - self.paused_at
            moved = (self.day(moment), moment)
        if self.again:
            self.again = moved
        else:
            self.first = moved

    def shift(self, event):
        due = event.get("due")
        if not due:
            return
        due = date.fromisoformat(due["dueOn"])
        count = working_days(self.dues[-1], due)
        self.dues = [later(day, count) if self.paused and day >= self.paused else day for day in self.dues]
        if len(self.dues) > 1:
            self.dues[0] = self.counting()[0]
        self.dues[-1] = due

    def promise(self, due):
        self.first, self.again = (date.fromisoformat(due["dueOn"]), moment(due["dueAt"])), None
        self.dues = [self.first[0]]

    def apply(self, kind, event, at):
        day, before = self.day(at), self.stage and self.holder()
        was_promised = None
        if kind == "Assigned":
            given = event["assignment"]
            self.lead, self.number, self.stage, self.since = given["leadCode"], given["number"], "assigned", day
            self.resolution = given["resolutionId"]
            was_promised = given
        elif kind == "AcceptorNamed":
            self.acceptor = event.get("acceptorCode")
        elif kind == "Acknowledged":
            self.stage = "underway"
        elif kind == "Contested":
            self.stage = "contested"
        elif kind == "Reassigned":
            self.cut(before, day)
            self.stage, self.lead, was_promised = "assigned", event["leadCode"], event["due"]
        elif kind == "BlockageReported":
            self.stuck[event["departmentCode"]] = (event["helpFromCode"], False)
        elif kind == "BlockageCleared":
            self.stuck.pop(event["blockedCode"], None)
        elif kind == "HelpGiven" and event["blockedCode"] in self.stuck:
            self.stuck[event["blockedCode"]] = (self.stuck[event["blockedCode"]][0], True)
        elif kind == "ExtensionGranted":
            self.cut(before, day)
            self.dues.append(date.fromisoformat(event["dueOn"]))
            self.counts["extended"] += 1
        elif kind == "CompletionClaimed":
            self.stage, self.stuck = "claimed", {}
        elif kind == "Accepted":
            self.stage, promised = "accepted", self.counting()[1]
            self.first_done = self.first_done or self.paused_at
            self.missed += [(promised, self.paused_at)] if self.paused_at > promised else []
        elif kind == "Returned":
            self.stage = "underway"
            self.counts["returned"] += 1
        elif kind == "Reopened":
            self.cut(before, day)
            self.stage, self.holds = "underway", None
            self.again = (date.fromisoformat(event["dueOn"]), moment(event["dueAt"]))
            self.dues = [self.again[0]]
            self.counts["reopened"] += 1
        elif kind == "ContestDismissed":
            self.stage = "assigned"
        elif kind == "Suspended":
            self.suspended = True
        elif kind == "Resumed":
            self.suspended = False
        elif kind == "DependencyAdded":
            self.waits.add(event["onItemId"])
        elif kind == "Released":
            self.waits.discard(event["onItemId"])
        elif kind == "LookBackRecorded":
            self.holds = event.get("holds", False)
        elif kind == "Rescinded":
            self.stage = "rescinded"
        elif kind == "PutDownContested":
            self.take_back(event["kind"].removeprefix("SAID_KIND_"), event["departmentCode"])
        if before and before != self.holder():
            self.cut(before, day)
        if kind in ("ContestDismissed", "Returned", "Resumed", "Released", "PutDownContested"):
            if self.paused and not self.stopped():
                self.move_promise(day, at)
            self.shift(event)
        if was_promised:
            self.promise(was_promised)
        self.paused = (self.paused or day) if self.stopped() else None
        self.paused_at = (self.paused_at or at) if self.stopped() else None

    def take_back(self, kind, department):
        """What was put down for a department, as if it had not been, where nothing was made of it yet."""
        if department == self.lead and (kind, self.stage) == ("COMPLETION", "claimed"):
            self.stage = "underway"
        elif department == self.lead and (kind, self.stage) == ("CONTEST", "contested"):
            self.stage = "assigned"
        elif kind == "BLOCKAGE":
            self.stuck.pop(department, None)
        elif kind == "HELP_GIVEN":
            helped = [blocked for blocked, (helper, _) in self.stuck.items() if helper == department]
            if len(helped) == 1:
                self.stuck[helped[0]] = (department, False)

    def lateness(self, now):
        """The first promise and by how many days it was missed, and the present one and how late the item is."""
        runs = self.stage in ("assigned", "underway") and not self.stopped()
        late = max((self.day(now) - self.dues[-1]).days, 0) if runs else 0
        return [self.first[0].isoformat(), self.days_past(now), self.dues[-1].isoformat(), late]

    def open_missed(self, now):
        """The promise and up to when it was missed, while that goes on or somebody else is waited for."""
        until = self.paused_at or now
        is_late = self.stage not in ("accepted", "rescinded") and until > self.counting()[1]
        return [(self.counting()[1], until)] if is_late else []

    def days_past(self, now):
        """The most days by which a promise was missed; some hours count as a day."""
        missed = [] if self.stage == "rescinded" else self.missed + self.open_missed(now)
        return max((max((self.day(until) - self.day(promised)).days, 1) for promised, until in missed), default=0)

    def kept(self):
        return bool(self.first_done and self.first_done <= self.first[1])


def cards(items, now):
    """A scorecard for each department that leads one of these items."""
    found = {}
    for item in items:
        card = found.setdefault(item.lead, {"items": 0, "kept": 0, "accepted_late": 0, "open_late": 0, "late": [],
                                            "not_holding": 0, "rescinded": 0,
                                            "returned": 0, "extended": 0, "reopened": 0})
        if item.stage == "rescinded":
            card["rescinded"] += 1
            continue
        days = item.days_past(now)
        card["items"] += 1
        card["kept"] += item.kept()
        card["accepted_late"] += bool(item.missed)
        card["open_late"] += bool(item.open_missed(now))
        card["not_holding"] += item.holds is False
        card["late"] += [days] if days else []
        for name, count in item.counts.items():
            card[name] += count
    for card in found.values():
        late = sorted(card.pop("late"))
        card["median_days_late"] = late[(len(late) - 1) // 2] if late else 0
        card["worst_days_late"] = late[-1] if late else 0
    return found


def month(day):
    """The first and the last day of a month."""
    first = day.replace(day=1)
    return first, (first + timedelta(31)).replace(day=1) - timedelta(1)


def main():
    log, now, zone = sys.argv[1], moment(sys.argv[2]), ZoneInfo(sys.argv[3])
    items, bodies = {}, {}
    with open(log, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            category, _, thing = record.get("subject", "").rpartition(".")
            if "time" in record and moment(record["time"]) > now:
                continue
            if category == "resolution.resolution":
                for event in record["data"]["events"]:
                    if "registration" in event:
                        bodies[thing] = event["registration"]["bodyCode"]
            if category != "resolution.action_item":
                continue
            item = items.setdefault(thing, Item(zone))
            for event in record["data"]["events"]:
                if event["@type"].startswith(PREFIX):
                    item.apply(event["@type"].removeprefix(PREFIX), event, moment(record["time"]))
    for item in items.values():
        if item.stage not in ("accepted", "rescinded"):
            item.cut(item.holder(), item.day(now))
    told = [{"cards": cards(items.values(), now)}]
    for body in sorted(set(bodies.values())):
        told.append({"body": body, "cards": cards((i for i in items.values() if bodies[i.resolution] == body), now)})
    for first, last in sorted({month(item.first[0]) for item in items.values()}):
        promised = (item for item in items.values() if first <= item.first[0] <= last)
        told.append({"starts": first.isoformat(), "ends": last.isoformat(), "cards": cards(promised, now)})
    spans = {item.number: [[holder[0], holder[1] or "", count] for holder, count in item.spans]
             for item in items.values()}
    lateness = {item.number: item.lateness(now) for item in items.values()}
    json.dump({"spans": spans, "lateness": lateness, "cards": told}, sys.stdout)


main()
