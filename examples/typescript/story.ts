// An emergency session by the Connect protocol and by HTTP and JSON, in TypeScript.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";

const server = process.env["HUISHANG_SERVER"] ?? "http://127.0.0.1:7400";
const [program = "huishang", ...words] = (process.env["TOKEN_COMMAND"] ?? "huishang token").split(" ");

// A refusal: a problem of RFC 9457.
interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  reason?: string;
  figures?: Record<string, string>;
}

// What is used of the messages; all of them are described in /openapi.json. Numbers of 64 bits are text.
interface Head {
  position?: string;
  clockAt: string;
}
interface SessionAnswer {
  position: string;
  session: { sessionId: string; stage: string };
}
interface DocketAnswer {
  position: string;
  docket: { stage: string };
}
interface Events {
  position: string;
  events?: { id: string; type: string; subject: string; position: string }[];
}

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

type Parameters = Record<string, string | number>;

// Somebody with a role who speaks for a department.
class Caller {
  private readonly headers: Record<string, string>;

  constructor(role: string, department: string) {
    const token = execFileSync(program, [...words, "--role", role, "--department", department]);
    this.headers = {
      Authorization: `Bearer ${token.toString().trim()}`,
      "Content-Type": "application/json",
      Accept: "application/problem+json",
      "Accept-Language": "zh",
    };
  }

  // Sends a command. When the connection breaks, it is sent again with the same id, and has one effect.
  async command<Answer>(path: string, fields: object = {}): Promise<Answer> {
    const body = JSON.stringify({ commandId: randomUUID(), ...fields });
    const send = () => this.read<Answer>(fetch(server + path, { method: "POST", headers: this.headers, body }));
    return send().catch((error: unknown) => (error instanceof TypeError ? send() : Promise.reject(error)));
  }

  async query<Answer>(path: string, parameters: Parameters = {}): Promise<Answer> {
    const texts = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
    const url = `${server}${path}?${new URLSearchParams(texts)}`;
    return this.read(fetch(url, { headers: this.headers }));
  }

  // Calls an rpc by its name: the Connect protocol.
  async call<Answer>(rpc: string, message: object = {}): Promise<Answer> {
    const body = JSON.stringify(message);
    const answer = await fetch(`${server}/${rpc}`, { method: "POST", headers: this.headers, body });
    if (!answer.ok) throw new Error(`${rpc}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  private async read<Answer>(answering: Promise<Response>): Promise<Answer> {
    const answer = await answering;
    const json: unknown = await answer.json();
    if (!answer.ok) throw new Refused(json as Problem);
    return json as Answer;
  }
}

const clerk = new Caller("clerk", "POLICE");
const chair = new Caller("chair", "POLICE");
const begin = await clerk.call<Head>("huishang.ledger.v1.LedgerService/GetHead");
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
let answer = await clerk.command<SessionAnswer>("/v1/sessions", { outline });
const { sessionId } = answer.session;
for (const verb of ["screen", "admit", "convene"]) {
  answer = await clerk.command<SessionAnswer>(`/v1/sessions/${sessionId}:${verb}`);
}
console.log(`the session is ${answer.session.stage}`);

// The docket is made by another service. The answer comes when it is there; nothing is polled.
const docket = `/v1/dockets/${sessionId}`;
await chair.query<DocketAnswer>(docket, { atLeastPosition: answer.position });
await chair.command(`${docket}/arrivals`, { departmentCode: "POLICE", delegate: "Captain Zhao" });
try {
  await chair.command(`${docket}:open`);
} catch (refused) {
  if (!(refused instanceof Refused)) throw refused;
  const { reason, figures } = refused.problem;
  console.log(`refused, ${reason}: ${figures?.["present"]} present: ${refused.message}`);
}
await chair.command(`${docket}/arrivals`, { departmentCode: "HARBOUR", delegate: "Pilot Qin" });
console.log(`the docket is ${(await chair.command<DocketAnswer>(`${docket}:open`)).docket.stage}`);

let after = begin.position ?? "0";
const types: (string | undefined)[] = [];
while (types.at(-1) !== "DocketOpened") {
  const events = await chair.query<Events>("/v1/events", { afterPosition: after, bodyCode, waitSeconds: 10 });
  after = events.position;
  types.push(...(events.events ?? []).map((event) => event.type.split(".").at(-1)));
}
console.log(`the feed has ${types.join(", ")}`);
