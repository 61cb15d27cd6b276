/** The contracts and the session under fuzz: whatever comes in whatever order, nothing throws and the states stay sound. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/base/json.js";
import { takeClaims } from "../../src/mcp/methods/claims.js";
import { CONTRACTS } from "../../src/mcp/methods/table.js";
import { Session } from "../../src/mcp/session.js";
import type { Message } from "../../src/mcp/wire/message.js";
import { readMessage } from "../../src/mcp/wire/read.js";
import { HELLO, WELCOME } from "../boundary/corpus.js";
import { budget } from "./budget.js";
import { KEPT, line } from "./lines.js";

const AGENTK_KEY = /"(agentk|_agentk|agentk[./][^"]*|com\.agentk\/[^"]*)":/;

/** Some JSON of the strict kind: what a contract gets to see. */
const value = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown);

function checkedByAll(given: unknown): void {
  for (const contract of CONTRACTS) {
    const fault = contract.params.check(given, "");
    if (fault?.problem === "") expect.fail(`${contract.method} says no without a word`);
    if (contract.form === "request") contract.result.check(given, "");
  }
}

describe("a contract", () => {
  test("says yes or no to any value, and never throws", () => {
    fc.assert(fc.property(value, checkedByAll), budget(1000));
  });

  test("lets no key of agentk's own through in the params of a message", () => {
    fc.assert(
      fc.property(line, (bytes) => {
        const found = readMessage(bytes, "client");
        if (!found.ok || !("method" in found.value)) return;
        const taken = takeClaims(found.value.params ?? {});
        const meta = taken.ok ? (taken.value.params["_meta"] ?? {}) : {};
        expect(JSON.stringify(meta)).not.toMatch(AGENTK_KEY);
      }),
      budget(2500),
    );
  });
});

/** One step of either side, or of the relay itself. */
type Step =
  { readonly from: "client" | "server"; readonly bytes: Buffer } | { readonly from: "relay"; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ from: fc.constantFrom("client" as const, "server" as const), bytes: line }) },
  { weight: 1, arbitrary: fc.record({ from: fc.constant("relay" as const), pick: fc.nat(3) }) },
);

/** Plays a session as the relay does, and checks after each step what must always be true of one. */
function plays(steps: readonly Step[]): void {
  const session = new Session({ maxClientMessages: 1000 });
  const begun: ReturnType<Session["begin"]>[] = [];
  begin(session, begun, { form: "request", id: "hello", method: "initialize", params: HELLO, canonical: "" });
  session.establish(WELCOME);
  session.settle("hello");
  for (const each of steps) {
    if (each.from === "relay") relayDoes(session, begun[each.pick], each.pick);
    else takes(session, begun, each);
    if (session.inFlight < 0 || session.inFlight > begun.length) expect.fail("requests are under way that nobody made");
  }
}

function takes(session: Session, begun: ReturnType<Session["begin"]>[], step: Extract<Step, { bytes: Buffer }>): void {
  const found = readMessage(step.bytes, step.from);
  if (!found.ok) return;
  const message = found.value;
  if (step.from === "client") begin(session, begun, message);
  else if (message.form === "request" || message.form === "notification") session.admitFromServer(message);
  else if (message.id !== null) session.settle(message.id);
}

function begin(session: Session, begun: ReturnType<Session["begin"]>[], message: Message): void {
  const admission = session.admit(message);
  if (admission.ok && message.form === "request") begun.push(session.begin(message));
}

function relayDoes(session: Session, exchange: ReturnType<Session["begin"]> | undefined, pick: number): void {
  if (exchange === undefined) return;
  if (pick === 0) session.forward(exchange, "c1");
  else if (pick === 1) session.release(exchange);
  else session.abandon(exchange);
}

describe("a session", () => {
  test.each(KEPT)("takes %s from either side", (_name, bytes) => {
    plays([
      { from: "client", bytes },
      { from: "server", bytes },
    ]);
  });

  test("takes any messages in any order", () => {
    const notified: JsonObject = { jsonrpc: "2.0", method: "notifications/initialized" };
    const ready: Step = { from: "client", bytes: Buffer.from(JSON.stringify(notified)) };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        plays([ready, ...steps]);
      }),
      budget(400),
    );
  });
});
