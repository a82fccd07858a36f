"""Prints what a calendar has, as JSON; see `run` beside this file."""

import json
import sys
from pathlib import Path

from icalendar import Calendar, Component


def people(component: Component, name: str) -> list[dict[str, str]]:
    found = component.get(name, [])
    found = found if isinstance(found, list) else [found]
    return [{"address": str(one), **{key: str(value) for key, value in one.params.items()}} for one in found]


def moment(component: Component, name: str) -> str | None:
    found = component.get(name)
    return None if found is None else found.dt.isoformat()


def shown(component: Component) -> dict[str, object]:
    texts = ("UID", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "TRANSP", "URL")
    moments = ("DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "DUE", "COMPLETED")
    return {
        "kind": component.name,
        **{name: None if component.get(name) is None else str(component[name]) for name in texts},
        **{name: moment(component, name) for name in moments},
        "zone": component.get("DTSTART").params.get("TZID") if component.get("DTSTART") else None,
        "SEQUENCE": component.get("SEQUENCE"),
        "PERCENT-COMPLETE": component.get("PERCENT-COMPLETE"),
        "ORGANIZER": people(component, "ORGANIZER"),
        "ATTENDEE": people(component, "ATTENDEE"),
        "alarms": [str(alarm["TRIGGER"].dt) for alarm in component.walk("VALARM")],
        "errors": [str(error) for error in component.errors],
    }


def main() -> None:
    written = Path(sys.argv[1]).read_bytes()
    lines = written.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        # A character that was cut would not be read, and a line end by itself is none.
        line.decode("utf-8")
        assert len(line) <= 75 and b"\n" not in line and b"\r" not in line, line
    calendar = Calendar.from_ical(written)
    properties = {name: str(value) for name, value in calendar.items() if name != "REFRESH-INTERVAL"}
    if "REFRESH-INTERVAL" in calendar:
        properties["REFRESH-INTERVAL"] = str(calendar["REFRESH-INTERVAL"].dt)
    zones = [
        {"id": str(zone["TZID"]), "offset": str(zone.walk("STANDARD")[0]["TZOFFSETTO"].td)}
        for zone in calendar.walk("VTIMEZONE")
    ]
    entries = [shown(one) for one in calendar.walk() if one.name in ("VEVENT", "VTODO")]
    print(json.dumps({"properties": properties, "zones": zones, "entries": entries}))


if __name__ == "__main__":
    main()
