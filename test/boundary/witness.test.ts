/** Two witnesses and a log that shows them different histories, all as real processes on loopback. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseWitnessKey } from "../../src/evidence/cosignature.js";
import { parseNote } from "../../src/evidence/note.js";
import { isQuorum, quorumOf } from "../../src/evidence/quorum.js";
import { formatAddCheckpoint } from "../../src/evidence/witness-request.js";
import { growth, noteAt, ORIGIN, testLog, writeLog, type TestLog } from "../app/checkpointed-log.js";
import { digests, RUN_KEY, testKey, verifySignature } from "../evidence/fixture.js";
import { modeOf, tempFolder } from "../host/folder.js";
import { agentk, type CommandEnd } from "./watch.js";
import { WitnessProcess } from "./witness-process.js";

const AT = [3, 6, 9, 12] as const;
const BEFORE = testLog({ lines: 7, at: AT });
const AFTER = testLog({ lines: 13, at: AT });
const FORK = testLog({ lines: 13, at: AT, fork: 4 });

interface World {
  readonly folder: string;
  readonly witnesses: readonly WitnessProcess[];
}

async function world(ids: readonly number[] = [1, 2]): Promise<World> {
  const folder = tempFolder();
  return { folder, witnesses: await Promise.all(ids.map((id) => WitnessProcess.start({ folder, id }))) };
}

interface Told {
  readonly end: CommandEnd;
  readonly outcomes: readonly string[];
  readonly cosigned: readonly { readonly name: string }[];
}

interface Submit {
  readonly require?: number;
  readonly more?: readonly string[];
  readonly to?: readonly Pick<WitnessProcess, "url" | "vkey">[];
}

/** `agentk witness-submit --json` for a log, to the witnesses of a world. */
async function submit({ folder, witnesses }: World, log: TestLog, how: Submit = {}): Promise<Told> {
  const file = writeLog(join(folder, "run.jsonl"), log);
  const to = (how.to ?? witnesses).flatMap(({ url, vkey }) => ["--witness", url, "--witness-key", vkey]);
  const words = ["witness-submit", file, "--json", "--require-witnesses", String(how.require ?? 2)];
  const end = await agentk(folder, [...words, ...to, ...(how.more ?? [])]);
  const told = JSON.parse(end.stdout) as { results?: { outcome: string }[]; cosigned?: { name: string }[] };
  return { end, outcomes: (told.results ?? []).map(({ outcome }) => outcome), cosigned: told.cosigned ?? [] };
}

test("growth in steps is cosigned by both, and the note they cosigned convinces whoever trusts them", async () => {
  const live = await world();
  for (const log of [BEFORE, AFTER, AFTER]) {
    expect(await submit(live, log)).toMatchObject({ end: { code: 0 }, outcomes: ["cosigned", "cosigned"] });
  }
  const out = join(live.folder, "run.cosigned");
  expect(modeOf(out)).toBe("600");
  const note = parseNote(readFileSync(out, "utf8"));
  if (!note.ok) throw new Error(note.error.detail);
  expect(note.value.text).toBe(noteAt(AFTER, 12).replace(/\n\n[^]*$/, "\n"));
  const witnesses = live.witnesses.flatMap(({ vkey }) => {
    const read = parseWitnessKey(digests, vkey);
    return read.ok ? [read.value] : [];
  });
  const quorum = quorumOf({ digests, verifySignature }, { note: note.value, witnesses, logKey: RUN_KEY.publicHex });
  expect(quorum).toMatchObject({
    cosigned: [{ witness: { name: "w.example/1" } }, { witness: { name: "w.example/2" } }],
  });
  expect([isQuorum(quorum, 2), isQuorum(quorum, 3)]).toEqual([true, false]);
  // The same command without --json ends alike.
  const [first] = live.witnesses;
  const words = ["witness-submit", join(live.folder, "run.jsonl"), "--witness", first?.url ?? ""];
  const plain = await agentk(live.folder, [...words, "--witness-key", first?.vkey ?? ""]);
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toContain("enough: 1 of 1 witnesses cosigned");
  // The second witness was not asked this time; what it had signed is still there.
  expect(readFileSync(out, "utf8").match(/^— w\.example/gm)).toHaveLength(2);
});

// Claim: E7
test("a forked history gets no quorum, whether it is shown at once or grown on", async () => {
  const live = await world();
  const [one, two] = live.witnesses;
  if (one === undefined || two === undefined) throw new Error("two witnesses");
  // The writer shows one history to the first witness, and the other to both.
  expect(await submit(live, BEFORE, { to: [one], require: 1 })).toMatchObject({ end: { code: 0 } });
  const shown = await submit(live, FORK, { more: ["--out", join(live.folder, "fork.cosigned")] });
  expect(shown).toMatchObject({ end: { code: 2 }, outcomes: ["forked", "cosigned"] });
  expect(shown.cosigned.map(({ name }) => name)).toEqual(["w.example/2"]);
  // Nor does the true history any more: each witness holds to what it saw, and the two can be compared.
  expect(await submit(live, AFTER)).toMatchObject({ end: { code: 2 }, outcomes: ["cosigned", "forked"] });
  expect(one.stderr).toContain('"code":"inconsistent"');
  expect(two.stderr).toContain('"forked":true');
});

test("a log that was rolled back is told so, and the newer note stays", async () => {
  const live = await world();
  await submit(live, AFTER);
  const out = join(live.folder, "run.cosigned");
  const before = readFileSync(out, "utf8");
  const other = ["--out", join(live.folder, "old.cosigned")];
  expect(await submit(live, BEFORE, { more: other })).toMatchObject({ end: { code: 2 }, outcomes: ["ahead", "ahead"] });
  expect((await submit(live, BEFORE)).end).toMatchObject({ code: 1 });
  expect(readFileSync(out, "utf8")).toBe(before);
  expect(existsSync(join(live.folder, "old.cosigned"))).toBe(false);
});

test("kill -9 between steps: the witness comes back with what it cosigned, or not at all", async () => {
  const live = await world([1]);
  await submit(live, AFTER, { require: 1 });
  await live.witnesses[0]?.end("SIGKILL");
  const setup = { folder: live.folder, id: 1, flags: [] };
  const again = await WitnessProcess.start(setup);
  const fork = formatAddCheckpoint({ oldSize: 0, path: [], note: noteAt(FORK, 12) });
  expect(await again.post(fork)).toEqual({ status: 409, type: "text/x.tlog.size", body: "12\n" });
  // A second one on the same state is refused while the first lives.
  expect((await agentk(live.folder, WitnessProcess.words(setup))).code).toBe(1);
  expect(await again.end("SIGTERM")).toBe(0);
  const state = WitnessProcess.state(setup);
  expect(modeOf(state)).toBe("600");
  const whole = readFileSync(state, "utf8");
  for (const damaged of ["", whole.slice(0, -1), whole.replace("\n12 ", "\n6 "), whole.replace(/\n[^]*$/, "\n")]) {
    writeFileSync(state, damaged);
    const end = await agentk(live.folder, WitnessProcess.words(setup));
    expect(end.code).toBe(1);
    expect(JSON.parse(end.stdout)).toMatchObject({ error: { code: "unsafe-file" } });
    expect(readFileSync(state, "utf8")).toBe(damaged);
  }
});

test("without a state a witness starts only when told that it is new, and then only without one", async () => {
  const folder = tempFolder();
  const missing = await agentk(folder, WitnessProcess.words({ folder, id: 1, flags: [] }));
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("--init");
  const first = await WitnessProcess.start({ folder, id: 1 });
  expect(await first.end("SIGINT")).toBe(0);
  const twice = await agentk(folder, WitnessProcess.words({ folder, id: 1 }));
  expect(JSON.parse(twice.stdout)).toMatchObject({ error: { code: "file-exists" } });
  // The state is of its key: another witness cannot go on from it.
  const other = WitnessProcess.words({ folder, id: 2, flags: [] }).map((word) => word.replace("w2.state", "w1.state"));
  expect((await agentk(folder, other)).code).toBe(1);
});

test.each([
  ["an address that others reach", ["--host", "0.0.0.0"]],
  ["a name with a plus", ["--name", "a+b"]],
  ["a key that is none", ["--trust", "abc"]],
  ["its own key as a log's", ["--trust", testKey(1).publicHex]],
  ["a key to trust with which everybody can sign", ["--trust", testKey(0x41).publicHex]],
])("a witness does not start with %s", async (_, flags) => {
  const folder = tempFolder();
  expect((await agentk(folder, [...WitnessProcess.words({ folder, id: 1 }), ...flags])).code).toBe(1);
  expect(existsSync(WitnessProcess.state({ folder, id: 1 }))).toBe(false);
});

test("the protocol: 200 with a cosignature, 400, 403, 404, 409 with the size, 422", async () => {
  const { witnesses } = await world([1]);
  const [witness] = witnesses;
  if (witness === undefined) throw new Error("one witness");
  const ask = async (body: string): Promise<number> => (await witness.post(body)).status;
  const body = (log: TestLog, oldSize: number, size: number): string => {
    const path = oldSize === 0 || oldSize >= size ? [] : growth(log, oldSize, size);
    return formatAddCheckpoint({ oldSize, path, note: noteAt(log, size) });
  };
  const first = await witness.post(body(AFTER, 0, 6));
  expect(first.status).toBe(200);
  expect(first.body).toMatch(/^— w\.example\/1 [A-Za-z0-9+/]+={0,2}\n$/);
  expect(await witness.post(body(AFTER, 3, 9))).toEqual({ status: 409, type: "text/x.tlog.size", body: "6\n" });
  expect(await ask(body(FORK, 6, 6))).toBe(409);
  expect(await ask(body(FORK, 6, 9))).toBe(422);
  expect(await ask(body(AFTER, 9, 6))).toBe(400);
  expect(await ask("old zero\n")).toBe(400);
  expect(await ask(body(AFTER, 6, 9).replace("\n9\n", "\n10\n"))).toBe(403);
  const stranger = testLog({ lines: 5, at: [4], key: testKey(9) });
  expect(await ask(body(stranger, 0, 4))).toBe(404);
  expect(await ask(body(AFTER, 6, 9))).toBe(200);
  expect(witness.stderr).toContain(ORIGIN);
});

test("a witness that lies, redirects or says nothing is not counted, and the log that is broken is not sent", async () => {
  const live = await world([1]);
  const [honest] = live.witnesses;
  const vkey = honest?.vkey ?? "";
  let asked = 0;
  const lies = ["", "nothing\n", `— w.example/1 ${Buffer.alloc(76).toString("base64")}\n`];
  const server = createServer((request, response) => {
    const lie = lies[asked++];
    if (lie === undefined) response.writeHead(307, { location: `${honest?.url ?? ""}/add-checkpoint` });
    request.resume();
    response.end(lie);
  });
  onTestFinished(() => void server.close());
  const url = await new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    });
  });
  for (const outcome of ["not-trusted", "not-trusted", "not-trusted", "refused"]) {
    const told = await submit(live, AFTER, { to: [{ url, vkey }], require: 1 });
    expect(told).toMatchObject({ end: { code: 2 }, outcomes: [outcome], cosigned: [] });
  }
  const gone = await submit(live, AFTER, { to: [{ url: "http://127.0.0.1:1", vkey }], require: 1 });
  expect(gone).toMatchObject({ end: { code: 2 }, outcomes: ["no-answer"] });
  // A line before a checkpoint was changed: nothing is sent, and the status is that of a failed check.
  const lines = AFTER.lines.map((line, i) => (i === 2 ? line.replace('"ping"', '"pong"') : line));
  const broken = await submit(live, { ...AFTER, lines }, { require: 1 });
  expect(broken.end.code).toBe(2);
  expect(broken.end.stderr).toContain("has a checkpoint of other lines");
  expect(honest?.stderr).toBe("");
});
