"""Answers an invitation as a calendar program does: prints the mail; see `run` beside this file.

    reply.py INVITATION PARTSTAT [COMMENT]
"""

import sys
from email.message import EmailMessage
from pathlib import Path

from icalendar import Calendar, Event, vCalAddress


def main() -> None:
    invited = Calendar.from_ical(Path(sys.argv[1]).read_bytes()).walk("VEVENT")[0]
    answer = Calendar()
    answer.add("PRODID", "-//Another program//EN")
    answer.add("VERSION", "2.0")
    answer.add("METHOD", "REPLY")
    event = Event()
    for name in ("UID", "SEQUENCE", "ORGANIZER", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP"):
        event[name] = invited[name]
    attendee = vCalAddress(str(invited["ATTENDEE"]))
    attendee.params["PARTSTAT"] = sys.argv[2]
    attendee.params["CN"] = invited["ATTENDEE"].params["CN"]
    event.add("ATTENDEE", attendee)
    if len(sys.argv) > 3:
        event.add("COMMENT", sys.argv[3])
    answer.add_component(event)

    mail = EmailMessage()
    mail["From"] = str(invited["ATTENDEE"]).removeprefix("mailto:")
    mail["To"] = str(invited["ORGANIZER"]).removeprefix("mailto:")
    mail["Subject"] = f"{sys.argv[2]}: {invited['SUMMARY']}"
    mail.set_content("I have answered.\n")
    mail.add_alternative(answer.to_ical(), "text", "calendar", params={"method": "REPLY", "charset": "utf-8"})
    sys.stdout.buffer.write(mail.as_bytes())


if __name__ == "__main__":
    main()
