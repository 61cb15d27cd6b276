/** The tape, line type by line type: the input that it makes of a line, and the lines that no kernel writes. */
import { describe, expect, it } from "vitest";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import type { Input } from "../../src/abi/request.js";
import { Tape } from "../../src/replay/tape.js";
import { callEvent, closeEvent, commit, openEvent, pageEvent } from "../evidence/fixture.js";
import { noteOver } from "../evidence/checkpointed.js";

const time = { mono_us: 5, wall_ms: 6 };
const ZEROS = "0".repeat(64);

function lineOf(event: FlightEvent): FlightLine {
  return { ...event, seq: 3, prev: ZEROS, hash: ZEROS, time };
}

function inputOf(event: FlightEvent): Input | undefined {
  return new Tape(undefined).input(lineOf(event));
}

type CallEvent = Extract<FlightEvent, { type: "syscall" }>;

function requestOf(more: Partial<CallEvent["value"]>): object | undefined {
  const event = callEvent(3, "allow");
  const input = inputOf({ ...event, value: { ...event.value, ...more } });
  return input?.type === "syscall" ? input.request : undefined;
}

describe("the input of a line that holds no value is what it says", () => {
  const receipts = [{ call: "c3", session: "s1", id: "cap_0", nonce: "0a", expires_seq: 9, expires_ms: 9 }];
  const signatures = { signature_previous: "00", signature_next: "01" };
  it.each<[FlightEvent, object]>([
    [
      { type: "session", value: { session: "s1", fact: "ping" } },
      { type: "session", note: { session: "s1", fact: "ping" } },
    ],
    [
      { type: "recovery", value: { torn_bytes: 17, torn_sha256: ZEROS } },
      { type: "recovery", torn_bytes: 17, torn_sha256: ZEROS },
    ],
    [
      { type: "key", value: { public_key: ZEROS, ...signatures } },
      { type: "key", key: { public_key: ZEROS, ...signatures } },
    ],
    [
      { type: "outcome", value: { call: "c3", session: "s1", status: "ok" } },
      { type: "outcome", outcome: { call: "c3", session: "s1", status: "ok" } },
    ],
    [
      { type: "receipts", value: { receipts, root: ZEROS, signature: "ab" } },
      { type: "receipts", claims: receipts, signature: "ab" },
    ],
  ])("%j", (event, input) => {
    expect(inputOf(event)).toStrictEqual({ ...input, at: time });
  });

  it("and of a checkpoint its signature alone, which there must be", () => {
    const note = noteOver(["a line"]);
    const signature = Buffer.from(note.trimEnd().split(" ").at(-1) ?? "", "base64")
      .subarray(4)
      .toString("hex");
    expect(inputOf({ type: "checkpoint", value: { note } })).toStrictEqual({ type: "checkpoint", at: time, signature });
    for (const broken of ["", "a text\n", note.slice(0, -2)])
      expect(() => inputOf({ type: "checkpoint", value: { note: broken } })).toThrow(
        new Error("`checkpoint` is no signed note"),
      );
  });
});

describe("the input of a call", () => {
  const recorded = { provenance: [], moreLeaves: 0, facts: new Map(), sent: undefined };
  const sealed = { kind: "sealed", ...commit(24), signs: [] };

  it("has what the line has, and nothing in place of what it lacks", () => {
    expect(requestOf({})).toStrictEqual({
      ...{ session: "s1", agent: "agent://desk", server: "files", from: "client", kind: "tool.invoke" },
      subject: { tool: "read_file" },
      arguments: sealed,
      recorded,
    });
  });

  it("has the facts that the line says of values, each as it came out, and how many leaves more there were", () => {
    const facts = { held: ["a", "b"], failed: ["c"] };
    expect(requestOf({ facts, more_leaves: 7, sent: commit(9) })).toMatchObject({
      recorded: {
        facts: new Map([
          ["a", true],
          ["b", true],
          ["c", false],
        ]),
        moreLeaves: 7,
        sent: commit(9),
      },
    });
  });

  it("has the scope of a secret's handle", () => {
    const handle = { argument: "/password", host: "mail.example", tool: "send" };
    expect(requestOf({ handle })).toMatchObject({ handle });
  });

  it("is refused by the boundary's word only where no kernel judges it: of an unknown kind", () => {
    const decision = { verdict: "deny", rule: "lifecycle", reason: "lifecycle" } as const;
    expect(requestOf({ kind: "unknown", target: "x", decision })).toMatchObject({
      subject: { name: "x" },
      refusal: "lifecycle",
    });
    // A forged line of a known kind must be decided afresh, or it would replay whatever it says.
    expect(requestOf({ decision })).not.toHaveProperty("refusal");
    const unknown = { verdict: "deny", rule: "unknown-syscall", reason: "unknown-syscall" } as const;
    expect(requestOf({ kind: "unknown", target: "x", decision: unknown })).not.toHaveProperty("refusal");
  });

  it("is none of ours without its server's target, or its commitment where the target is redacted", () => {
    expect(() => requestOf({ target: "other/tool" })).toThrow(
      new Error("`tool.invoke` has a target that is not of its server"),
    );
    expect(() => requestOf({ kind: "network.send", target: "example.org" })).toThrow(
      new Error("`network.send` has no commitment to its subject"),
    );
  });
});

describe("the input of a page", () => {
  type PageEvent = Extract<FlightEvent, { type: "page" }>;
  function pageInput(changes: PageEvent["value"]["changes"], call?: string): Input | undefined {
    const event = pageEvent(3, call);
    if (event.type !== "page") throw new Error("no page");
    return inputOf({ ...event, value: { ...event.value, ...(changes === undefined ? {} : { changes }) } });
  }
  const content = { kind: "sealed", ...commit(512), signs: [], labels: ["external", "untrusted"] };
  const arrival = { session: "s1", server: "files", method: "tools/call" };

  it("has its call where the line names one", () => {
    const page = { ...arrival, content: { ...content, withheld: [] } };
    expect(pageInput(undefined)).toStrictEqual({ type: "page", at: time, page });
    expect(pageInput(undefined, "c2")).toStrictEqual({ type: "page", at: time, page: { ...page, call: "c2" } });
  });

  it("has the descriptors that were taken out of it, and no other change", () => {
    const withheld = { path: "/tools/1", reason: "poisoned" } as const;
    expect(
      pageInput([
        { kind: "redact", path: "/key" },
        { kind: "quarantine" },
        { kind: "withhold", ...withheld },
        { kind: "withhold", path: "/tools/2" },
        { kind: "redact", ...withheld },
        { kind: "withhold", reason: "poisoned" },
      ]),
    ).toStrictEqual({ type: "page", at: time, page: { ...arrival, content: { ...content, withheld: [withheld] } } });
  });
});

it("counts what it took as recorded", () => {
  const tape = new Tape(undefined);
  for (const event of [openEvent(), callEvent(3, "allow"), pageEvent(4)]) tape.input(lineOf(event));
  tape.input(lineOf(closeEvent({ stderr: commit(3), stderr_bytes: 3 })));
  expect([tape.opened, tape.sealed]).toEqual([0, 4]);
});
