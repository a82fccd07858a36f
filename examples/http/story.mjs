// An emergency session by HTTP and JSON, with JavaScript alone.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";

const server = process.env.HUISHANG_SERVER ?? "http://127.0.0.1:7400";
const [program, ...words] = (process.env.TOKEN_COMMAND ?? "huishang token").split(" ");

// A refusal: a problem of RFC 9457.
class Refused extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

// Somebody with a role who speaks for a department.
class Caller {
  constructor(role, department) {
    const token = execFileSync(program, [...words, "--role", role, "--department", department]);
    this.headers = {
      Authorization: `Bearer ${token.toString().trim()}`,
      "Content-Type": "application/json",
      Accept: "application/problem+json",
      "Accept-Language": "zh",
    };
  }

  // Sends a command. When the connection breaks, it is sent again with the same id, and has one effect.
  async command(path, fields = {}) {
    const body = JSON.stringify({ commandId: randomUUID(), ...fields });
    const send = () => this.#read(fetch(server + path, { method: "POST", headers: this.headers, body }));
    return send().catch((error) => (error instanceof TypeError ? send() : Promise.reject(error)));
  }

  async query(path, parameters = {}) {
    return this.#read(fetch(`${server}${path}?${new URLSearchParams(parameters)}`, { headers: this.headers }));
  }

  async #read(answering) {
    const answer = await answering;
    const json = await answer.json();
    if (!answer.ok) throw new Refused(json);
    return json;
  }
}

const clerk = new Caller("clerk", "POLICE");
const chair = new Caller("chair", "POLICE");
const begin = await clerk.query("/v1/log/head");
const departments = ["POLICE", "HARBOUR"];
for (const code of departments) {
  const department = { code, name: code, level: "DEPARTMENT_LEVEL_MUNICIPAL", kind: "DEPARTMENT_KIND_AGENCY" };
  // What the directory has of a department is changed by its own clerks.
  await new Caller("clerk", code).command("/v1/departments", { department });
}
const bodyCode = "QUAY-" + randomUUID().slice(0, 8).toUpperCase();
const charter = {
  name: "The quay",
  chairCode: "POLICE",
  seats: departments.map((departmentCode) => ({ departmentCode })),
  convenorCodes: ["POLICE"],
  secretariatCodes: ["POLICE"],
  decisionRules: [
    { method: { consensus: {} }, quorum: { base: "QUORUM_BASE_ALL_SEATS", numerator: 1, denominator: 1 } },
  ],
};
await clerk.command("/v1/bodies", { bodyCode, charter });
// The seat of another department counts once it has accepted it.
await new Caller("clerk", "HARBOUR").command(`/v1/bodies/${bodyCode}:acceptSeat`, { departmentCode: "HARBOUR" });
const roles = [{ topicNumber: 1, role: "ROLE_ON_TOPIC_DECIDES" }];
const outline = {
  title: "A ship adrift",
  purpose: "Who tows it",
  bodyCode,
  kind: "SESSION_KIND_EMERGENCY",
  emergency: { reason: "It drifts", authority: "Plan 4" },
  topics: [{ number: 1, title: "The tug", timeboxMinutes: 10 }],
  attendees: departments.map((departmentCode) => ({ departmentCode, roles })),
  durationMinutes: 15,
  earliestStartAt: begin.clockAt,
};
const { sessionId } = (await clerk.command("/v1/sessions", { outline })).session;
let answer;
for (const verb of ["screen", "admit", "convene"]) {
  answer = await clerk.command(`/v1/sessions/${sessionId}:${verb}`);
}
console.log(`the session is ${answer.session.stage}`);

// The docket is made by another service. The answer comes when it is there; nothing is polled.
const docket = `/v1/dockets/${sessionId}`;
await chair.query(docket, { atLeastPosition: answer.position });
await chair.command(`${docket}/arrivals`, { departmentCode: "POLICE", delegate: "Captain Zhao" });
try {
  await chair.command(`${docket}:open`);
} catch (refused) {
  if (!(refused instanceof Refused)) throw refused;
  const { reason, figures } = refused.problem;
  console.log(`refused, ${reason}: ${figures.present} present: ${refused.message}`);
}
await chair.command(`${docket}/arrivals`, { departmentCode: "HARBOUR", delegate: "Pilot Qin" });
console.log(`the docket is ${(await chair.command(`${docket}:open`)).docket.stage}`);

let after = begin.position ?? "0";
const types = [];
while (types.at(-1) !== "DocketOpened") {
  const events = await chair.query("/v1/events", { afterPosition: after, bodyCode, waitSeconds: 10 });
  after = events.position;
  types.push(...(events.events ?? []).map((event) => event.type.split(".").at(-1)));
}
console.log(`the feed has ${types.join(", ")}`);
