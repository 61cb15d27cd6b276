/** A run in which a page that the user named asks for a mail: its lines by value, as the kernel writes them. */
import type { FlightEvent, ProvenanceValue, SyscallValue } from "../../src/abi/event.js";
import { DOMAINS } from "../../src/base/digest.js";
import { chainOf, commit, digests, openEvent } from "./fixture.js";

export const MAIL_POLICY = `[trust]
client_prompt = "_meta"

[[directory]]
name = "team"
values = ["ops@acme.example"]

[[rules]]
id = "answers"
effect = "allow"
when = { syscalls = ["tool.describe", "tool.response"] }

[[rules]]
id = "reading"
effect = "allow"
when = { syscalls = ["tool.invoke"], tool = "read_*" }

[[rules]]
id = "mail-known"
effect = "allow"
when = { syscalls = ["tool.invoke"], tool = "send_mail", every = [{ path = "/to", from = ["user", "directory:team"] }] }

[[rules]]
id = "mail-granted"
effect = "allow"
when = { syscalls = ["tool.invoke"], tool = "send_mail", capability = "present" }

[[rules]]
id = "default-deny"
effect = "deny"
reason = "nothing else is sent"
`;

export const MAIL_SHA = digests.sha256Hex(DOMAINS.policy + MAIL_POLICY);
const ALLOWED = { verdict: "allow", rule: "answers", reason: "policy-allow" } as const;
const NO_RULE = { verdict: "deny", rule: "default-deny", reason: "no-rule" } as const;
const POISONED = ["poisoned-suspect", "external"];

type EventOf<T extends FlightEvent["type"]> = Extract<FlightEvent, { readonly type: T }>;

export function mailOpen(): FlightEvent {
  const open = openEvent() as EventOf<"open">;
  return { ...open, value: { ...open.value, format: "agentk-flight/2", server: "web" } };
}

export function mailPolicy(source = MAIL_POLICY): FlightEvent {
  const sha256 = digests.sha256Hex(DOMAINS.policy + source);
  return { type: "policy", value: { name: "mail", sha256, source } };
}

export function userPage(seq: number, more: Partial<EventOf<"page">["value"]> = {}): EventOf<"page"> {
  const delivery = { verdict: "allow", rule: "user-words", reason: "user-words" } as const;
  const names = { page: `p${String(seq)}`, session: "s1", server: "user", method: "user/words" };
  return { type: "page", value: { ...names, labels: ["trusted"], signs: [], content: commit(80), delivery, ...more } };
}

/** A page of the web server's; of a call where one is named. */
export function webPage(seq: number, call?: string, more: Partial<EventOf<"page">["value"]> = {}): EventOf<"page"> {
  const names = { page: `p${String(seq)}`, session: "s1", server: "web", method: "tools/call#result" };
  const signs = ["override-instructions@1"];
  const value = { ...names, labels: POISONED, signs, content: commit(512), delivery: ALLOWED, ...more };
  return { type: "page", value: call === undefined ? value : { ...value, call } };
}

export function invoked(seq: number, tool: string, more: Partial<SyscallValue> = {}): EventOf<"syscall"> {
  return {
    type: "syscall",
    value: {
      ...{ call: `c${String(seq)}`, session: "s1", agent: "agent://desk", server: "web", from: "client" },
      ...{ kind: "tool.invoke", target: `web/${tool}`, arguments: commit(64), act: "read", risk: "medium" },
      ...{ labels: ["trusted"], decision: { ...ALLOWED, rule: "reading" }, policy: MAIL_SHA },
      ...more,
    },
  };
}

type Origin = ProvenanceValue["origins"][number];

export function origin(page: string, path: string, labels: readonly string[] = ["trusted"]): Origin {
  return { page, path, start: 4, end: 24, labels };
}

export function leaf(
  path: string,
  match: ProvenanceValue["match"],
  more: Partial<ProvenanceValue> = {},
): ProvenanceValue {
  return { path, match, classes: ["nowhere"], labels: POISONED, origins: [], ...more };
}

export const FROM_PAGE = origin("p4", "/content/0/text", POISONED);
export const FROM_USER = origin("p2", "");
const USER = { classes: ["trusted", "user"], labels: ["trusted"] };

/** The mail that the page asked for. */
export function mail(seq: number, more: Partial<SyscallValue> = {}): EventOf<"syscall"> {
  const to = leaf("/to", "exact", { classes: ["same-server", "server:web", "untrusted"], origins: [FROM_PAGE] });
  const cc = leaf("/cc/0", "exact", { ...USER, origins: [origin("directory:team", "/0")] });
  const subject = leaf("/subject", "contained", { ...USER, origins: [FROM_USER] });
  return invoked(seq, "send_mail", {
    act: "send",
    labels: POISONED,
    decision: NO_RULE,
    facts: { held: [], failed: ["r2.every.0"] },
    provenance: [to, cc, subject, leaf("/body", "nowhere")],
    ...more,
  });
}

/** Lines 0 to 6: the user's words, the page that they name, and the mail that it asks for, denied. */
export function mailEvents(): readonly FlightEvent[] {
  const url = leaf("/url", "contained", { ...USER, origins: [FROM_USER] });
  return [
    mailOpen(),
    mailPolicy(),
    userPage(2),
    invoked(3, "read_page", { provenance: [url] }),
    webPage(4, "c3"),
    { type: "outcome", value: { call: "c3", session: "s1", status: "ok", page: "p4" } },
    mail(6),
  ];
}

export function mailLog(): readonly string[] {
  return chainOf(mailEvents());
}
