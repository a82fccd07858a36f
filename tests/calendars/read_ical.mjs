// Prints what a calendar has, as JSON, as ical.js reads it, which Thunderbird does too; see `run` beside this file.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, file] = process.argv.slice(2);
const { default: ICAL } = await import(pathToFileURL(library));
const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf-8")));
// It knows no zones of its own: those that the calendar brings along are the rules.
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);

const moment = (component, name) => {
  const found = component.getFirstPropertyValue(name);
  return found?.isDate ? found.toString() : (found?.toJSDate().toISOString() ?? null);
};
const entries = ["vevent", "vtodo"].flatMap((kind) => calendar.getAllSubcomponents(kind)).map((component) => ({
  kind: component.name.toUpperCase(),
  UID: component.getFirstPropertyValue("uid"),
  SUMMARY: component.getFirstPropertyValue("summary"),
  LOCATION: component.getFirstPropertyValue("location"),
  STATUS: component.getFirstPropertyValue("status"),
  SEQUENCE: component.getFirstPropertyValue("sequence"),
  DTSTART: moment(component, "dtstart"),
  DTEND: moment(component, "dtend"),
  DUE: moment(component, "due"),
  alarms: component.getAllSubcomponents("valarm").length,
}));
console.log(JSON.stringify({ entries }));
