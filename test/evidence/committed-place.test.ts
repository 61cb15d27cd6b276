/** Which values a line commits to, and what a JSON pointer may ask for of them. */
import { describe, expect, test } from "vitest";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import { PAYLOAD_SLOTS } from "../../src/abi/payload.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { commitIn, wantedAt } from "../../src/evidence/committed-place.js";
import {
  callEvent,
  closeEvent,
  commit,
  digests,
  openEvent,
  outcomeEvent,
  pageEvent,
  policyEvent,
  sessionEvent,
} from "./fixture.js";

function lineOf(event: FlightEvent): FlightLine {
  const { text } = encodeLine(digests, event, { seq: 5, prev: GENESIS, time: { mono_us: 1, wall_ms: 2 } });
  const read = decodeLine(digests, text);
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

const bare = callEvent(5, "deny");
const without = Object.fromEntries(
  Object.entries(bare.value).filter(([name]) => name !== "arguments"),
) as typeof bare.value;
const claims = { labels: [], capabilities: 0 };
const full = { subject: commit(1), arguments: commit(2), claims: { ...claims, intent: commit(3) }, sent: commit(4) };

const LINES = {
  open: lineOf(openEvent()),
  call: lineOf({ ...bare, value: { ...bare.value, ...full } }),
  "call without values": lineOf({ ...bare, value: without }),
  "call whose claims have no intent": lineOf({ ...bare, value: { ...without, claims } }),
  page: lineOf(pageEvent(5)),
  close: lineOf(closeEvent({ stderr: commit(6) })),
  "close without stderr": lineOf(closeEvent()),
  policy: lineOf(policyEvent()),
  session: lineOf(sessionEvent()),
  outcome: lineOf(outcomeEvent("c3")),
} as const;
type LineName = keyof typeof LINES;

/** Every value that one of the lines commits to. */
const COMMITTED = [
  ["open", "command", "/command", commit(31)],
  ["call", "subject", "/subject", commit(1)],
  ["call", "arguments", "/arguments", commit(2)],
  ["call", "intent", "/claims/intent", commit(3)],
  ["call", "sent", "/sent", commit(4)],
  ["page", "content", "/content", commit(512)],
  ["close", "stderr", "/stderr", commit(6)],
] as const;

const asked = (name: LineName, pointer: string): unknown => {
  const wanted = wantedAt(LINES[name], pointer);
  return wanted.ok ? wanted.value : `${wanted.error.detail}; ${wanted.error.hint}`;
};

describe("the commitment of a slot", () => {
  test("stands where the line's type has it, and nowhere else", () => {
    const found = Object.entries(LINES).flatMap(([name, line]) =>
      PAYLOAD_SLOTS.flatMap((slot) => {
        const there = commitIn(line, slot);
        return there === undefined ? [] : [`${name} ${slot} ${String(there.bytes)} ${there.commitment}`];
      }),
    );
    const due = COMMITTED.map(([name, slot, , to]) => `${name} ${slot} ${String(to.bytes)} ${to.commitment}`);
    expect(found.toSorted()).toEqual(due.toSorted());
  });
});

describe("a pointer", () => {
  test.each(COMMITTED)("of a %s asks for its %s by %s", (name, slot, pointer, to) => {
    expect(asked(name, pointer)).toEqual({ slot, pointer, commit: to, member: undefined });
  });

  test.each(COMMITTED)("of a %s asks for one member of its %s below %s", (name, slot, pointer, to) => {
    expect(asked(name, `${pointer}/to`)).toEqual({ slot, pointer, commit: to, member: "to" });
  });

  test.each([
    ["/arguments/", ""],
    ["/arguments/a~0b~1c~2d~3", "a~b/c#d!"],
    ["/arguments/0", "0"],
    ["/claims/intent/x", "x"],
  ])("%s asks for the member %j", (pointer, member) => {
    expect(asked("call", pointer)).toMatchObject({ member });
  });

  test.each(["/arguments/a~", "/arguments/a~4", "/arguments/~~0", "/arguments/~x/deeper"])("%s is none", (pointer) => {
    expect(asked("call", pointer)).toBe(
      `\`${pointer}\` is no JSON pointer; in a name \`~\` is written \`~0\`, and \`/\` is \`~1\``,
    );
  });

  test.each([
    ["/arguments/to/iban", "/arguments/to"],
    ["/arguments/to/", "/arguments/to"],
    ["/claims/intent/a/b/c", "/claims/intent/a"],
  ])("%s is deeper than a salt goes, and the nearest is named", (pointer, nearest) => {
    expect(asked("call", pointer)).toBe(
      `\`${pointer}\` is deeper than what is committed to; the nearest is \`${nearest}\``,
    );
  });

  test.each<readonly [LineName, string, string]>([
    ["call", "", "what it commits to: `/subject`, `/arguments`, `/claims/intent`, `/sent`"],
    ["call", "arguments", "what it commits to: `/subject`, `/arguments`, `/claims/intent`, `/sent`"],
    ["call", "/argumentsx", "what it commits to: `/subject`, `/arguments`, `/claims/intent`, `/sent`"],
    ["call", "/claims", "what it commits to: `/subject`, `/arguments`, `/claims/intent`, `/sent`"],
    ["call", "/content", "what it commits to: `/subject`, `/arguments`, `/claims/intent`, `/sent`"],
    ["call without values", "/arguments", "it holds no committed value"],
    ["call without values", "/claims/intent", "it holds no committed value"],
    ["call whose claims have no intent", "/claims/intent", "it holds no committed value"],
    ["page", "/arguments", "what it commits to: `/content`"],
    ["close without stderr", "/stderr", "it holds no committed value"],
    ["policy", "/source", "it holds no committed value"],
  ])("into a %s at %j finds nothing, and what there is to be had is named", (name, pointer, hint) => {
    expect(asked(name, pointer)).toBe(
      `line 5, of type \`${LINES[name].type}\`, commits to nothing at \`${pointer}\`; ${hint}`,
    );
  });
});
