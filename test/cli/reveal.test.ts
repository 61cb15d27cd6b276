/** `agentk reveal` on real files: what an opening shows and what not, and every change to one. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentkError } from "../../src/base/errors.js";
import type { Io } from "../../src/cli/io.js";
import { saltOf } from "../../src/evidence/commitment.js";
import type { OpenMember, Reveal, RevealedMember, RevealFault } from "../../src/evidence/reveal.js";
import type { PayloadSlot } from "../../src/abi/payload.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { agentk } from "../boundary/watch.js";
import { digests, fileOf, RUN, RUN_KEY, testKey } from "../evidence/fixture.js";
import { ARGUMENTS, CONTENT, INTENT, revealingLog, SENT, writeRevealing } from "../evidence/revealing.js";
import { runCommand } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "agentk-reveal-"));
const env = { AGENTK_DATA_DIR: join(root, "data") };
const log = join(root, "run.jsonl");
let secret = "";

beforeAll(() => {
  secret = writeRevealing(log, env);
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly status: number | undefined;
}

async function run(args: readonly string[], more: Partial<Io> = {}): Promise<Ran> {
  const { stdout: out, stderr: errors, status } = await runCommand(root, ["reveal", ...args], { env, ...more });
  return { out, errors, status };
}

async function revealed(seq: number | string, pointer: string, file = log): Promise<Reveal> {
  return JSON.parse((await run([file, String(seq), pointer])).out) as Reveal;
}

let written = 0;

async function judged(
  reveal: unknown,
  ...more: readonly string[]
): Promise<{ status: unknown; faults: RevealFault[] }> {
  const file = join(root, `reveal-${String(written++)}.json`);
  writeFileSync(file, JSON.stringify(reveal));
  const { out, status } = await run(["--verify", file, "--json", ...more]);
  return { status, faults: (JSON.parse(out) as { faults: RevealFault[] }).faults };
}

const PIN = ["--public-key", RUN_KEY.publicHex];
const GOOD = { status: 0, faults: [] };

function openMember({ members = [] }: Reveal): OpenMember {
  const found = members.find((member): member is OpenMember => "name" in member);
  if (found === undefined) throw new Error("no member is open");
  return found;
}

/** The PIN of the arguments, and not four digits of a digest. */
const PIN_SHOWN = /(?<![0-9a-f])4711(?![0-9a-f])/;

describe("an opening of one member", () => {
  test.each([
    ["/arguments/amount", "amount", "120"],
    ["/arguments/rate", "rate", "100000000000000000000"],
    ["/arguments/no~1te~0#!", "no/te~#!", JSON.stringify(ARGUMENTS["no/te~#!"])],
    ["/sent/to", "to", '"ESCROW-9"'],
  ])("%s verifies with the file and a key alone", async (pointer, name, canonical) => {
    const reveal = await revealed("c2", pointer);
    expect(openMember(reveal)).toMatchObject({ name, canonical });
    expect(reveal).toMatchObject({ format: "agentk-reveal/1", run: RUN, seq: 2 });
    expect(await judged(reveal, ...PIN)).toEqual(GOOD);
  });

  test("holds no other value, no other salt, and not the run's secret", async () => {
    const { out } = await run([log, "2", "/arguments/amount"]);
    const others = ["iban", "DE89", "pin", "flat", "ESCROW", "CONFIDENTIAL", "rent of", "--x", "wide-"];
    for (const other of others) expect(out).not.toContain(other);
    expect(out).not.toMatch(PIN_SHOWN);
    expect(out).not.toContain(secret);
    const salt = (slot: PayloadSlot, member?: number): string => saltOf(digests, { secret, seq: 2, slot }, member);
    const kept = [1, 2, 3, 4].map((index) => salt("arguments", index));
    for (const other of [...kept, salt("arguments"), salt("sent"), salt("sent", 0), salt("intent")])
      expect(out).not.toContain(other);
    expect(out.split(salt("arguments", 0))).toHaveLength(2);
  });

  test("leaves a four-digit PIN beside it unguessable: no guess with the salt that is shown gives its digest", async () => {
    const reveal = await revealed(2, "/arguments/amount");
    const { salt } = openMember(reveal);
    const [, , , closed] = reveal.members ?? [];
    const digest = (closed as { digest: string }).digest;
    for (let pin = 0; pin < 10_000; pin++) {
      const text = `"pin":"${String(pin).padStart(4, "0")}"`;
      expect(digests.sha256Hex(`agentk/member/1\n${salt}\n${text}`) === digest).toBe(false);
    }
  });
});

describe("an opening of a whole value", () => {
  test.each([
    [0, "/command", '["srv","--x"]'],
    [2, "/claims/intent", JSON.stringify(INTENT)],
    [3, "/content", JSON.stringify(CONTENT)],
    [5, "/arguments", "{}"],
  ])("of line %i, %s, verifies", async (seq, pointer, canonical) => {
    const reveal = await revealed(seq, pointer);
    expect(reveal.whole).toMatchObject({ canonical });
    expect(await judged(reveal, ...PIN)).toEqual(GOOD);
  });

  test("of an object shows every member, and nothing of the line's other values", async () => {
    const reveal = await revealed(2, "/sent");
    const opened = reveal.members as readonly OpenMember[];
    expect(Object.fromEntries(opened.map(({ name, canonical }) => [name, JSON.parse(canonical) as unknown]))).toEqual(
      SENT,
    );
    expect(JSON.stringify(reveal)).not.toMatch(PIN_SHOWN);
    expect(await judged(reveal)).toEqual(GOOD);
  });

  test("of a log of version 2, which commits to objects whole; no checkpoint covers its lines before version 3", async () => {
    const old = join(root, "old.jsonl");
    writeRevealing(old, env, "agentk-flight/2");
    const reveal = await revealed(2, "/arguments", old);
    expect(JSON.parse(reveal.whole?.canonical ?? "")).toEqual(ARGUMENTS);
    expect(await judged(reveal)).toEqual(GOOD);
    await expect(run([old, "2", "/arguments/pin"])).rejects.toMatchObject({
      code: "usage",
      hint: "`/arguments` can be opened",
    });
  });
});

describe("what cannot be opened is an error that names what can", () => {
  test.each([
    ["2", "/arguments/no~1te~0#!/text", "`/arguments/no~1te~0#!`"],
    ["2", "/claims/intent/0/1", "`/claims/intent/0`"],
    ["2", "/target", "`/arguments`, `/claims/intent`, `/sent`"],
    ["2", "arguments", "`/arguments`"],
    ["2", "", "`/arguments`"],
    ["2", "/argumentsx", "`/arguments`"],
    ["2", "/arguments/none", "`/arguments` can be opened"],
    ["2", "/arguments/~x", "`~0`"],
    ["3", "/content/rows", "`/content` can be opened"],
    ["4", "/arguments/k1", "`/arguments` can be opened"],
    ["5", "/arguments/k1", "`/arguments` can be opened"],
    ["1", "/source", "no committed value"],
    ["6", "/note", "no committed value"],
  ])("line %s, `%s`", async (seq, pointer, hint) => {
    const failed = await run([log, seq, pointer, "--out", "none.json"]).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "usage" });
    const { hint: said } = failed as AgentkError;
    expect(said).toContain(hint);
    expect(existsSync(join(root, "none.json"))).toBe(false);
  });

  test.each([["99"], ["p2"], ["c3"], ["x"]])("a line called %s that is not there", async (seq) => {
    await expect(run([log, seq, "/arguments"])).rejects.toMatchObject({ code: "usage" });
  });

  test("anything without the journal, without the key, or with another operator's key", async () => {
    const bare = join(root, "bare.jsonl");
    copyFileSync(log, bare);
    await expect(run([bare, "2", "/arguments"])).rejects.toMatchObject({ code: "payloads-unavailable" });
    const nobody = { env: { AGENTK_DATA_DIR: join(root, "nobody") } };
    await expect(run([log, "2", "/arguments"], nobody)).rejects.toMatchObject({
      code: "payloads-unavailable",
      message: "the operator's payload key is not on this machine",
    });
    const other = { AGENTK_DATA_DIR: join(root, "other") };
    mkdirSync(join(root, "else"));
    writeRevealing(join(root, "else", "run.jsonl"), other);
    await expect(run([log, "2", "/arguments"], { env: other })).rejects.toMatchObject({ code: "payloads-unavailable" });
  });

  test("a value that the journal has otherwise than the line commits to: a failed check, and no file", async () => {
    const forged = join(root, "forged.jsonl");
    copyFileSync(payloadPathOf(log), payloadPathOf(forged));
    writeFileSync(forged, fileOf(revealingLog({ secret: "0".repeat(64) }).lines));
    const { status, out, errors } = await run([forged, "2", "/arguments/pin", "--out", "f.json"]);
    expect({ status, out, file: existsSync(join(root, "f.json")) }).toEqual({ status: 2, out: "", file: false });
    expect(errors).toContain("commits to another value than the journal holds");
  });

  test("anything of a log whose lines are not those that were signed: a failed check", async () => {
    const edited = join(root, "edited.jsonl");
    const text = readFileSync(log, "utf8");
    writeFileSync(edited, text.replace("read_file", "read_fild"));
    copyFileSync(payloadPathOf(log), payloadPathOf(edited));
    expect(await run([edited, "2", "/arguments/pin"])).toMatchObject({ status: 2, out: "" });
  });
});

test("--verify trusts no key with which everybody can sign", async () => {
  const reveal = await revealed(2, "/arguments/amount");
  for (const key of [testKey(0x41).publicHex, "abc", ""])
    await expect(judged(reveal, "--public-key", key)).rejects.toMatchObject({ code: "usage" });
});

describe("--verify finds", () => {
  const zeros = "0".repeat(64);
  type Edit = (reveal: Reveal) => unknown;
  const onOpen =
    (change: Partial<OpenMember>): Edit =>
    (reveal) => ({ ...reveal, members: reveal.members?.map((one) => ("name" in one ? { ...one, ...change } : one)) });
  const onClosed =
    (change: (one: RevealedMember) => RevealedMember): Edit =>
    (reveal) => ({ ...reveal, members: reveal.members?.map((one) => ("name" in one ? one : change(one))) });
  const onProof =
    (change: (proof: Reveal["proof"]) => unknown): Edit =>
    (reveal) => ({ ...reveal, proof: change(reveal.proof) });
  const onHead = (change: object): Edit => onProof((proof) => ({ ...proof, head: { ...proof.head, ...change } }));

  test.each<[string, Edit, RevealFault[]]>([
    ["another value", onOpen({ canonical: "121" }), ["value-differs"]],
    ["another salt", onOpen({ salt: zeros }), ["value-differs"]],
    ["another name", onOpen({ name: "amounts" }), ["value-differs"]],
    ["another digest beside it", onClosed(() => ({ digest: zeros })), ["value-differs"]],
    ["a member less", (reveal) => ({ ...reveal, members: reveal.members?.slice(0, -1) }), ["value-differs"]],
    ["other order", (reveal) => ({ ...reveal, members: reveal.members?.toReversed() }), ["value-differs"]],
    ["another slot of the line", (reveal) => ({ ...reveal, slot: "sent" }), ["value-differs"]],
    ["a slot that the line has not", (reveal) => ({ ...reveal, slot: "content" }), ["no-commitment"]],
    ["another number", (reveal) => ({ ...reveal, seq: 3 }), ["line-differs"]],
    ["another run", (reveal) => ({ ...reveal, run: RUN.replace("0123", "3210") }), ["run-differs"]],
    [
      "a changed line",
      onProof((p) => ({ ...p, line: p.line.replace("read_file", "read_fild") })),
      ["line-invalid", "proof-invalid"],
    ],
    ["another path", onProof((p) => ({ ...p, path: p.path.toReversed() })), ["proof-invalid"]],
    ["another place", onProof((p) => ({ ...p, index: 3 })), ["line-differs", "proof-invalid"]],
    ["another root", onHead({ root: zeros }), ["checkpoint-other-head", "proof-invalid"]],
    ["no checkpoint", onHead({ checkpoint: null }), ["unsigned"]],
    ["a checkpoint without its signature", onHead({ checkpoint: "x\n1\nAAAA\n\n" }), ["checkpoint-invalid"]],
    ["another key", onProof((p) => ({ ...p, public_key: testKey(9).publicHex })), ["checkpoint-invalid"]],
  ])("%s", async (_what, edit, faults) => {
    const reveal = await revealed(2, "/arguments/amount");
    expect(await judged(edit(reveal))).toEqual({ status: 2, faults });
  });

  test("a changed whole value, salt and length", async () => {
    const reveal = await revealed(3, "/content");
    const salt = reveal.whole?.salt;
    expect(await judged({ ...reveal, whole: { canonical: "{}", salt } })).toEqual({
      status: 2,
      faults: ["value-differs"],
    });
    expect(await judged({ ...reveal, whole: { ...reveal.whole, salt: zeros } })).toEqual({
      status: 2,
      faults: ["value-differs"],
    });
  });

  test("a key that is not the one to be trusted; and warns when none is given", async () => {
    const reveal = await revealed(2, "/arguments/amount");
    expect(await judged(reveal, "--public-key", testKey(9).publicHex)).toEqual({ status: 2, faults: ["key-differs"] });
    writeFileSync(join(root, "own.json"), JSON.stringify(reveal));
    const { out } = await run(["--verify", "own.json"]);
    expect(out).toContain("the file's own key");
    expect(out).toContain('"amount": 120');
  });

  test("a value that acts on a terminal, and shows it harmless", async () => {
    const reveal = await revealed(2, "/arguments/amount");
    writeFileSync(join(root, "acting.json"), JSON.stringify(onOpen({ canonical: '"\u009b31m\u202e"' })(reveal)));
    const { out, status } = await run(["--verify", "acting.json"]);
    expect(status).toBe(2);
    expect(out).toMatch(/value-differs/);
    expect(/[\u009b\u202e]/.test(out)).toBe(false);
  });

  test.each<[string, (reveal: Reveal) => unknown]>([
    ["no object", () => 1],
    ["another format", (reveal) => ({ ...reveal, format: "agentk-reveal/2" })],
    ["an unknown member", (reveal) => ({ ...reveal, more: 1 })],
    ["a member both open and closed", (r) => ({ ...r, members: [{ ...openMember(r), digest: zeros }] })],
    ["both a whole value and members", (r) => ({ ...r, whole: { canonical: "1", salt: zeros } })],
    ["neither", (reveal) => ({ ...reveal, members: undefined })],
    ["nothing opened", (reveal) => onClosed((one) => one)({ ...reveal, members: [{ digest: zeros }] })],
    ["a value that is no canonical text", onOpen({ canonical: '120 ,"to":"x"' })],
    ["a salt that is none", onOpen({ salt: "00" })],
    ["too many members", (r) => ({ ...r, members: [openMember(r), ...Array<unknown>(64).fill({ digest: zeros })] })],
    ["no proof", (reveal) => ({ ...reveal, proof: undefined })],
    ["a proof of something else", onProof((proof) => ({ ...proof, kind: "consistency" }))],
  ])("%s: not a reveal at all", async (_what, edit) => {
    const reveal = await revealed(2, "/arguments/amount");
    await expect(judged(edit(reveal))).rejects.toMatchObject({ code: "log-invalid" });
  });
});

test("the program in docs/reveal.md finds an opening right, and a changed one wrong, without agentk", async () => {
  const page = readFileSync(new URL("../../docs/reveal.md", import.meta.url), "utf8");
  const program = /^```python\n([^]*?)^```$/m.exec(page)?.[1] ?? "";
  const says = (reveal: unknown): string => {
    const file = join(root, "by-hand.json");
    writeFileSync(file, JSON.stringify(reveal));
    return execFileSync("python3", ["-c", program, file], { encoding: "utf8" });
  };
  for (const [seq, pointer] of [
    [2, "/arguments/no~1te~0#!"],
    [2, "/sent"],
    [3, "/content"],
  ] as const) {
    const reveal = await revealed(seq, pointer);
    expect(says(reveal)).toBe("True True True\n");
    expect(says({ ...reveal, proof: { ...reveal.proof, index: 1 } })).toBe("True True False\n");
    const edit = (text: string): unknown => JSON.parse(JSON.stringify(reveal).replace(/"salt":"[0-9a-f]/, text));
    expect(says(edit('"salt":"x'))).toBe("False True True\n");
  }
  const { proof, ...rest } = await revealed(3, "/content");
  const line = proof.line.replace("tools/call", "tools/fall");
  expect(says({ ...rest, proof: { ...proof, line } })).toBe("True False False\n");
});

describe("as a process", () => {
  test("writes 0600, once, says when nobody signed, and ends with its status in text and JSON", async () => {
    const folder = mkdtempSync(join(root, "cli-"));
    const all = { ...env };
    const make = ["reveal", log, "c2", "/arguments/pin", "--out", "pin.json"];
    expect(await agentk(folder, make, all)).toMatchObject({ code: 0, stdout: "wrote pin.json\n" });
    expect((statSync(join(folder, "pin.json")).mode & 0o777).toString(8)).toBe("600");
    expect(await agentk(folder, make, all)).toMatchObject({ code: 1 });
    const again = await agentk(folder, [...make, "--json"], all);
    expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "file-exists" } });
    const check = ["reveal", "--verify", "pin.json", ...PIN];
    expect(await agentk(folder, check)).toMatchObject({ code: 0 });
    expect(JSON.parse((await agentk(folder, [...check, "--json"])).stdout)).toMatchObject({
      ok: true,
      values: [{ name: "pin", canonical: '"4711"' }],
      closed_members: 4,
    });
    writeFileSync(join(folder, "forged.json"), readFileSync(join(folder, "pin.json"), "utf8").replace("4711", "4712"));
    const forged = await agentk(folder, ["reveal", "--verify", "forged.json"]);
    expect(forged.code).toBe(2);
    expect(forged.stdout).toContain("value-differs");
    expect(await agentk(folder, ["reveal", "--verify", "forged.json", "--json"])).toMatchObject({ code: 2 });
    expect(await agentk(folder, ["reveal", log, "c2", "/arguments/pin/x", "--json"], all)).toMatchObject({ code: 1 });
    expect(await agentk(folder, ["reveal", log], all)).toMatchObject({ code: 1 });
    expect(await agentk(folder, ["reveal", "--verify", "pin.json", log])).toMatchObject({ code: 1 });
  });

  test("of a line that no checkpoint covers: 2, and 0 only when that is accepted", async () => {
    const cut = join(root, "cut.jsonl");
    writeFileSync(cut, fileOf(readFileSync(log, "utf8").split("\n").slice(0, 6)));
    copyFileSync(payloadPathOf(log), payloadPathOf(cut));
    const { status, out, errors } = await run([cut, "2", "/sent/to"]);
    expect(status).toBe(2);
    expect(errors).toContain("nobody has signed what this opens");
    expect(JSON.parse(out)).toMatchObject({ proof: { head: { checkpoint: null } } });
    expect(await judged(JSON.parse(out))).toEqual({ status: 2, faults: ["unsigned"] });
    expect(await judged(JSON.parse(out), "--unsigned")).toEqual(GOOD);
    expect(await run([cut, "2", "/sent/to", "--unsigned"])).toMatchObject({ status: 0, errors: "" });
  });
});
