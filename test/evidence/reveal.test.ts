/** Reveals as text and as claims: what is read, in which words the rest is refused, and which step of a false one fails. */
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import type { PayloadSlot } from "../../src/abi/payload.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { commitmentOf } from "../../src/evidence/commitment.js";
import { openingOf } from "../../src/evidence/opening.js";
import type { InclusionBundle, ProofTrust } from "../../src/evidence/proof-bundle.js";
import {
  checkReveal,
  MAX_REVEAL_CHARS,
  memberText,
  openedIn,
  parseReveal,
  type OpenMember,
  type Opening,
  type Reveal,
  type RevealedMember,
  type RevealFault,
} from "../../src/evidence/reveal.js";
import { noteOver } from "./checkpointed.js";
import { callEvent, digests, openEvent, pageEvent, RUN, RUN_KEY, testKey, verifySignature } from "./fixture.js";
import { naiveLeaf, naivePath, naiveRoot } from "./naive-tree.js";

const deps = { digests, verifySignature };
const secret = "5e".repeat(32);
const ZEROS = "0".repeat(64);
const OTHER_RUN = "20261121T035413Z-ba9876543210";

const ARGUMENTS = { amount: 120, 'no "pin"': "4711", note: "für die Wohnung" };
const CONTENT = { rows: ["81,50 €"] };

type Commit = Readonly<{ bytes: number; commitment: string }>;

function commitTo(seq: number, slot: PayloadSlot, value: JsonValue): Commit {
  const canonical = canonicalJson(value);
  const commitment = commitmentOf(digests, { secret, seq, slot, canonical, byMember: true });
  return { commitment, bytes: Buffer.byteLength(canonical) };
}

/** An open line with a command, a call with arguments, a page with a content, and whatever a liar makes of them. */
function linesOf(content: Partial<Commit> = {}): readonly string[] {
  const [open, call, page] = [openEvent(), callEvent(1, "deny"), pageEvent(2)];
  const events: unknown[] = [
    { ...open, value: { ...open.value, command: commitTo(0, "command", ["srv"]) } },
    { ...call, value: { ...call.value, arguments: commitTo(1, "arguments", ARGUMENTS) } },
    { ...page, value: { ...page.value, content: { ...commitTo(2, "content", CONTENT), ...content } } },
  ];
  let prev = GENESIS;
  return events.map((event, seq) => {
    const time = { mono_us: seq, wall_ms: seq };
    const line = encodeLine(digests, event as FlightEvent, { seq, prev, time });
    prev = line.hash;
    return line.text;
  });
}

const LINES = linesOf();

/** The proof that a line stands at this place of a signed log of these lines. */
function proofOf(index: number, lines = LINES): InclusionBundle {
  const leaves = lines.map(naiveLeaf);
  const head = { size: lines.length, root: naiveRoot(leaves), checkpoint: noteOver(lines) };
  const [public_key, line] = [RUN_KEY.publicHex, lines[index] ?? ""];
  return { format: "agentk-proof/1", kind: "inclusion", public_key, path: naivePath(index, leaves), line, index, head };
}

function opened(seq: number, slot: PayloadSlot, value: JsonValue, member?: string): Opening {
  const { commitment } = commitTo(seq, slot, value);
  const opening = openingOf(digests, { secret, seq, slot, canonical: canonicalJson(value), commitment }, member);
  if (!opening.ok) throw new Error(opening.error);
  return opening.value;
}

function revealOf(seq: number, slot: PayloadSlot, value: JsonValue, member?: string): Reveal {
  return { format: "agentk-reveal/1", run: RUN, seq, slot, ...opened(seq, slot, value, member), proof: proofOf(seq) };
}

const COMMAND = revealOf(0, "command", ["srv"]);
const AMOUNT = revealOf(1, "arguments", ARGUMENTS, "amount");
const ALL = revealOf(1, "arguments", ARGUMENTS);
const PAGE = revealOf(2, "content", CONTENT);

/** The members, each that is open changed. */
function withOpen(reveal: Reveal, change: Partial<OpenMember>): Reveal {
  const members = (reveal.members ?? []).map((one): RevealedMember => ("name" in one ? { ...one, ...change } : one));
  return { ...reveal, members };
}

const withProof = (reveal: Reveal, change: Partial<InclusionBundle>): Reveal => ({
  ...reveal,
  proof: { ...reveal.proof, ...change },
});

const unsigned = (reveal: Reveal): Reveal => withProof(reveal, { head: { ...reveal.proof.head, checkpoint: null } });

const [first, ...rest] = ALL.members as readonly OpenMember[];
const [openMember, ...closed] = AMOUNT.members ?? [];

describe("parseReveal reads", () => {
  test.each([
    ["one member beside closed ones", AMOUNT],
    ["all members", ALL],
    ["a value that is committed to whole", PAGE],
    ["a value that no one has signed", unsigned(PAGE)],
    ["a number beyond 2^53 as RFC 8785 writes it", withOpen(AMOUNT, { canonical: "100000000000000000000" })],
  ])("%s", (_what, reveal) => {
    expect(parseReveal(JSON.stringify(reveal))).toEqual({ ok: true, value: reveal });
  });

  test("as many characters as are allowed, and looks at no longer text", () => {
    const longest = "x".repeat(MAX_REVEAL_CHARS);
    expect(parseReveal(longest)).toEqual({ ok: false, error: "is not JSON that can be read in one way only" });
    expect(parseReveal(`${longest}x`)).toEqual({ ok: false, error: "is longer than 134217728 characters" });
  });
});

describe("parseReveal refuses", () => {
  const NONE = "is no agentk-reveal/1:";
  const NOT_CANONICAL = "has a value that is not RFC 8785 text";
  const long = "m".repeat(80);
  const deep = `[{"b":1,"a":2},${"[".repeat(100_000)}${"]".repeat(100_000)}]`;
  const whole = (canonical: string): unknown => ({ ...PAGE, whole: { ...PAGE.whole, canonical } });

  test.each<readonly [string, unknown, string]>([
    ["no object", 1, `${NONE}  is not an object`],
    ["another format", { ...AMOUNT, format: "agentk-reveal/2" }, `${NONE} /format is not one of the known names`],
    ["a run that is none", { ...AMOUNT, run: `${RUN}0` }, `${NONE} /run has not the form it must have`],
    ["a line before the first", { ...AMOUNT, seq: -1 }, `${NONE} /seq is not an integer from 0 to 9007199254740991`],
    ["a slot that no line has", { ...AMOUNT, slot: "result" }, `${NONE} /slot is not one of the known names`],
    [
      "an unknown member, whose name is cut",
      { ...AMOUNT, [long]: 1 },
      `${NONE} /${"m".repeat(63)} is not a known member`,
    ],
    ["a member that is null", { ...ALL, members: [first, null] }, `${NONE} /members/1 is not an object`],
    ["a member that is a text", { ...ALL, members: ["digest"] }, `${NONE} /members/0 is not an object`],
    [
      "a member without a name",
      { ...ALL, members: [{ ...first, name: undefined }] },
      `${NONE} /members/0/name is missing`,
    ],
    [
      "a member both open and closed",
      { ...ALL, members: [{ ...first, digest: ZEROS }] },
      `${NONE} /members/0/name is not a known member`,
    ],
    [
      "a digest that is none",
      { ...ALL, members: [first, { digest: "00" }] },
      `${NONE} /members/1/digest has not the form`,
    ],
    ["a salt that is none", withOpen(AMOUNT, { salt: "00" }), `${NONE} /members/0/salt has not the form`],
    [
      "more members than are committed to one by one",
      { ...ALL, members: Array<unknown>(65).fill(first) },
      `${NONE} /members has more than 64 items`,
    ],
    ["no proof", { ...AMOUNT, proof: undefined }, `${NONE} /proof is missing`],
    [
      "a whole value beside members",
      { ...AMOUNT, whole: PAGE.whole },
      `${NONE} it has not exactly one of /members and`,
    ],
    ["neither of the two", { ...AMOUNT, members: undefined }, `${NONE} it has not exactly one of /members and /whole`],
    ["members that are all closed", { ...AMOUNT, members: closed }, "reveals nothing"],
    ["an empty list of members", { ...AMOUNT, members: [] }, "reveals nothing"],
    ["an open value with more behind it", withOpen(AMOUNT, { canonical: '120 ,"to":"x"' }), NOT_CANONICAL],
    ["an open value with a space", withOpen(AMOUNT, { canonical: "120 " }), NOT_CANONICAL],
    ["one such value among good ones", { ...ALL, members: [{ ...first, canonical: "120 " }, ...rest] }, NOT_CANONICAL],
    ["a whole value with members out of order", whole('{"b":1,"a":2}'), NOT_CANONICAL],
    ["a whole value with half a character", whole(String.raw`"\ud800"`), NOT_CANONICAL],
    ["a whole value that no reader can go down into", whole(deep), NOT_CANONICAL],
    ["a proof that is none", { ...AMOUNT, proof: {} }, "has a /proof that is no agentk-proof/1: /format is missing"],
    ["a proof about two heads", { ...AMOUNT, proof: consistency() }, "has a /proof of something else than a line"],
  ])("%s", (_what, reveal, words) => {
    const read = parseReveal(JSON.stringify(reveal));
    expect(read).toEqual({ ok: false, error: expect.stringContaining(words) as unknown });
    expect(read.ok || read.error.startsWith(words)).toBe(true);
  });

  test("a member that stands there twice", () => {
    const twice = JSON.stringify(AMOUNT).replace('"seq":1', '"seq":2,"seq":1');
    expect(parseReveal(twice)).toEqual({ ok: false, error: "is not JSON that can be read in one way only" });
  });
});

function consistency(): unknown {
  const { format, public_key, path, head } = AMOUNT.proof;
  return { format, kind: "consistency", public_key, path, old: head, head };
}

describe("checkReveal finds good", () => {
  test.each([
    ["one member", AMOUNT],
    ["all members", ALL],
    ["a whole value", PAGE],
    ["a whole value of the line that names the run", COMMAND],
  ])("%s, and hands back the line and whose signature it is", (_what, reveal) => {
    const read = decodeLine(digests, LINES[reveal.seq] ?? "");
    expect(read.ok).toBe(true);
    const line = read.ok ? read.value : undefined;
    const good = { ok: true, faults: [], reveal, line, publicKey: RUN_KEY.publicHex };
    expect(checkReveal(deps, reveal)).toEqual({ ...good, isPinned: false });
    expect(checkReveal(deps, reveal, { publicKey: RUN_KEY.publicHex })).toEqual({ ...good, isPinned: true });
  });

  test("what nobody signed, when that may be", () => {
    expect(checkReveal(deps, unsigned(AMOUNT), { mayBeUnsigned: true })).toMatchObject({ ok: true, faults: [] });
  });
});

describe("checkReveal names the step that fails", () => {
  const zeroed = (closedOne: RevealedMember): RevealedMember => ("digest" in closedOne ? { digest: ZEROS } : closedOne);
  const onHead = (change: object): Reveal => withProof(AMOUNT, { head: { ...AMOUNT.proof.head, ...change } });
  const edited = AMOUNT.proof.line.replace("read_file", "read_fild");
  const alone = proofOf(0, [LINES[1] ?? ""]);
  const longer = linesOf({ bytes: 1 });

  test.each<readonly [string, Reveal, readonly RevealFault[]]>([
    ["another member", withOpen(AMOUNT, { canonical: "121" }), ["value-differs"]],
    ["another name", withOpen(AMOUNT, { name: "amounts" }), ["value-differs"]],
    ["another salt of a member", withOpen(AMOUNT, { salt: ZEROS }), ["value-differs"]],
    ["another digest beside it", { ...AMOUNT, members: AMOUNT.members?.map(zeroed) ?? [] }, ["value-differs"]],
    ["a member left out", { ...ALL, members: ALL.members?.slice(1) ?? [] }, ["value-differs"]],
    ["members in another order", { ...ALL, members: ALL.members?.toReversed() ?? [] }, ["value-differs"]],
    [
      "another whole value",
      { ...PAGE, whole: { canonical: '{"rows":["81,51 €"]}', salt: PAGE.whole?.salt ?? "" } },
      ["value-differs"],
    ],
    [
      "another salt of a whole value",
      { ...PAGE, whole: { canonical: canonicalJson(CONTENT), salt: ZEROS } },
      ["value-differs"],
    ],
    ["a line that states another length", { ...PAGE, proof: proofOf(2, longer) }, ["value-differs"]],
    [
      "members where the value is committed to whole",
      { ...ALL, seq: 2, slot: "content", proof: PAGE.proof },
      ["value-differs"],
    ],
    ["a whole value in a slot that the line has not", { ...PAGE, slot: "stderr" }, ["no-commitment"]],
    ["a slot of another type of line", { ...AMOUNT, slot: "content" }, ["no-commitment"]],
    ["an edited line", withProof(AMOUNT, { line: edited }), ["line-invalid", "proof-invalid"]],
    ["another number", { ...AMOUNT, seq: 2 }, ["line-differs"]],
    ["another place in the tree", withProof(AMOUNT, { index: 2 }), ["line-differs", "proof-invalid"]],
    ["a line that stands where its number says it cannot", { ...AMOUNT, seq: 0, proof: alone }, ["line-differs"]],
    ["a line that stands elsewhere than its number says", { ...AMOUNT, proof: alone }, ["line-differs"]],
    ["a run that the checkpoint does not name", { ...AMOUNT, run: OTHER_RUN }, ["run-differs"]],
    ["no checkpoint", unsigned(AMOUNT), ["unsigned"]],
    ["another root", onHead({ root: ZEROS }), ["checkpoint-other-head", "proof-invalid"]],
    ["a checkpoint without its signature", onHead({ checkpoint: "x\n1\nAAAA\n\n" }), ["checkpoint-invalid"]],
    ["another key in the file", withProof(AMOUNT, { public_key: testKey(9).publicHex }), ["checkpoint-invalid"]],
    [
      "more than one, in their order",
      { ...withOpen(onHead({ root: ZEROS }), { salt: ZEROS }), run: OTHER_RUN, seq: 2 },
      ["value-differs", "line-differs", "run-differs", "checkpoint-other-head", "proof-invalid"],
    ],
  ])("%s", (_what, reveal, faults) => {
    expect(checkReveal(deps, reveal)).toMatchObject({ ok: false, faults });
  });

  test.each<readonly [string, Reveal, readonly RevealFault[], ProofTrust]>([
    [
      "a run that the line itself does not name",
      unsigned({ ...COMMAND, run: OTHER_RUN }),
      ["run-differs"],
      { mayBeUnsigned: true },
    ],
    ["another key than the one to be trusted", AMOUNT, ["key-differs"], { publicKey: testKey(9).publicHex }],
  ])("%s", (_what, reveal, faults, trust) => {
    expect(checkReveal(deps, reveal, trust)).toMatchObject({ ok: false, faults });
  });

  test("nothing opened at all: no commitment is led to", () => {
    const { format, run, seq, slot, proof } = AMOUNT;
    expect(checkReveal(deps, { format, run, seq, slot, proof }).faults).toEqual(["value-differs"]);
  });

  test("an edited line is not handed back", () => {
    expect(checkReveal(deps, withProof(AMOUNT, { line: edited })).line).toBeUndefined();
  });
});

test("what a reveal opens is its whole value, or its members that have names; a member stands as in its object", () => {
  expect(openedIn(PAGE)).toEqual([PAGE.whole]);
  expect(openedIn(AMOUNT)).toEqual([openMember]);
  expect(openedIn(ALL)).toEqual([first, ...rest]);
  expect(openedIn({})).toEqual([]);
  expect(`{${ALL.members?.map((one) => memberText(one as OpenMember)).join(",") ?? ""}}`).toBe(
    canonicalJson(ARGUMENTS),
  );
});
