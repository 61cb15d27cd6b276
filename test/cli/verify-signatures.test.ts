/** `agentk verify-signatures` as a process: whom it believes, when, and what it says when it does not. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { verifyRotation, type RotationChain } from "../../src/evidence/rotation-chain.js";
import type { RotationManifest } from "../../src/evidence/rotation.js";
import {
  emptyRotation,
  withRevocation,
  withRotation,
  type StatementSigner,
} from "../../src/evidence/rotation-write.js";
import { agentk, type CommandEnd } from "../boundary/watch.js";
import { WitnessProcess } from "../boundary/witness-process.js";
import { digests, fileOf, parse, RUN_KEY, testKey, verifySignature } from "../evidence/fixture.js";
import { tempFolder } from "../host/folder.js";
import { SignedLog } from "../evidence/signed-log.js";
import { NEXT_KEY, recovered, STRANGER, told } from "../evidence/tamper-matrix-run.js";

/** What the environment of every command here holds: it must come out nowhere. */
const SECRET = "5e".repeat(32);
const PIN = ["--trusted-public-key", RUN_KEY.publicHex];
/** The second in which the lines of every log here are. */
const SECOND = Date.UTC(2026, 10, 21, 3, 54, 13) / 1000;
const said: string[] = [];
let folder: string;

beforeEach(() => {
  folder = tempFolder();
});

afterAll(() => {
  expect(said.length).toBeGreaterThan(50);
  for (const seed of [SECRET, "07".repeat(32), "08".repeat(32), "09".repeat(32)])
    expect(said.join()).not.toContain(seed);
});

interface Report {
  readonly ok: boolean;
  readonly findings?: readonly { readonly code: string; readonly severity: string; readonly detail: string }[];
  readonly signers: readonly {
    readonly fingerprint: string;
    readonly standing: string | null;
    readonly label?: string;
  }[];
  readonly error?: { readonly code: string };
}

async function run(...words: readonly string[]): Promise<CommandEnd> {
  const end = await agentk(folder, words, { AGENTK_SIGNING_KEY_HEX: SECRET });
  said.push(end.stdout, end.stderr);
  return end;
}

/** The command in both forms: the status must be one. What failed, by code. */
async function judged(
  log: string,
  ...flags: readonly string[]
): Promise<Report & { code: number; failures: string[] }> {
  const words = ["verify-signatures", log, ...flags];
  const [text, json] = await Promise.all([run(...words), run(...words, "--json")]);
  expect(json.code).toBe(text.code);
  const report = JSON.parse(json.stdout) as Report;
  const failures = (report.findings ?? []).flatMap(({ code, severity }) => (severity === "failure" ? [code] : []));
  for (const code of failures) expect(text.stdout).toContain(code);
  if (report.error === undefined) expect(report.ok).toBe(json.code === 0);
  return { ...report, code: json.code, failures };
}

function write(name: string, content: string | Buffer | readonly string[]): string {
  writeFileSync(join(folder, name), Array.isArray(content) ? fileOf(content) : (content as string | Buffer));
  return name;
}

/** A closed run of one key, and as it was at its first checkpoint but one. */
function plainRun(target = "files/read_file"): SignedLog {
  const log = new SignedLog().checkpoint();
  const call = log.call("allow", { target });
  log.receipts([call]).answered(call).checkpoint();
  log.call("deny");
  return log.checkpoint();
}

const noteIn = (line = ""): string => {
  const event = parse(line);
  return event.type === "checkpoint" ? event.value.note : "";
};
const manifest = (...rows: readonly string[]): string =>
  `version = 2\n\n[[trusted_keys]]\npublic_key = "${RUN_KEY.publicHex}"\nlabel = "ops"\n${rows.join("\n")}\n`;

describe("whom it believes", () => {
  test("without a key it lists who signed, whole fingerprints, and what nothing can tell", async () => {
    const report = await judged(write("a.jsonl", told().closed()));
    expect(report).toMatchObject({ code: 0, ok: true, findings: [] });
    const own = [RUN_KEY, NEXT_KEY].map(
      ({ publicHex }) => `sha256:${digests.sha256Hex(Buffer.from(publicHex, "hex"))}`,
    );
    expect(report.signers.map(({ fingerprint, standing }) => [fingerprint, standing])).toEqual(
      own.map((key) => [key, null]),
    );
    const { stdout } = await run("verify-signatures", "a.jsonl");
    for (const key of own) expect(stdout).toContain(key);
    expect(stdout.replace(/\s+/g, " ")).toContain("a signature says who wrote a log, not that he wrote the truth");
  });

  test("a pin: the operator's log passes, a stranger's and one with another key in it do not", async () => {
    expect(await judged(write("a.jsonl", plainRun().closed()), ...PIN)).toMatchObject({ code: 0, failures: [] });
    const stranger = write("s.jsonl", told({ key: STRANGER }).closed());
    expect(await judged(stranger, ...PIN)).toMatchObject({ code: 2, failures: ["signer-unknown", "signer-unknown"] });
    expect((await judged(stranger)).code).toBe(0);
    const both = write("b.jsonl", told().closed());
    expect(await judged(both, ...PIN)).toMatchObject({ code: 2, failures: ["signer-unknown"] });
    expect((await judged(both, ...PIN, "--trusted-public-key", NEXT_KEY.publicHex)).code).toBe(0);
  });

  test.each([
    ["within its window", ['not_before = "2026-11-21T03:54:13Z"', 'not_after = "2026-11-21T03:54:14Z"'], []],
    ["before it", ['not_before = "2026-11-21T03:54:14Z"'], ["signer-not-yet-valid"]],
    ["after it", ['not_after = "2026-11-21T03:54:13Z"'], ["signer-expired"]],
    ["once it was revoked", ['revoked_at = "2026-11-21T03:54:13Z"'], ["signer-revoked"]],
    [
      "while it was suspect",
      ['revoked_at = "2026-12-01T00:00:00Z"', 'suspect_from = "2026-11-20T00:00:00Z"'],
      ["signer-suspect"],
    ],
  ])("a manifest: signed %s", async (_when, rows, failures) => {
    const trust = ["--trusted-key-manifest", write("t.toml", manifest(...rows))];
    const report = await judged(write("a.jsonl", plainRun().closed()), ...trust);
    expect(report).toMatchObject({ code: failures.length === 0 ? 0 : 2, failures, signers: [{ label: "ops" }] });
    // A pin beside it saves nothing.
    expect((await judged("a.jsonl", ...trust, ...PIN)).code).toBe(report.code);
  });

  const signer = (seed: number): StatementSigner => {
    const { publicHex, sign } = testKey(seed);
    return { publicKeyHex: publicHex, sign };
  };
  const chainOf = (rotation: RotationManifest): RotationChain => {
    const chain = verifyRotation(rotation, { root: RUN_KEY.publicHex }, { digests, verifySignature });
    if (!chain.ok) throw new Error(chain.error.problem);
    return chain.value;
  };
  const rotated = (): RotationManifest => {
    const none = emptyRotation(RUN_KEY.publicHex);
    return withRotation(none, chainOf(none), { current: signer(7), next: signer(8), at: SECOND });
  };

  test("a rotation and its root: the next key vouches for what the last signed before it heard of it", async () => {
    const log = write("a.jsonl", told().closed());
    write("r.json", JSON.stringify(rotated()));
    const rotation = ["--rotation", "r.json", "--root"];
    expect(await judged(log, ...rotation, RUN_KEY.publicHex)).toMatchObject({ code: 0, failures: [] });
    // A log that the old key alone wrote after it had given way is not vouched for by anybody.
    const late = write("b.jsonl", plainRun().closed());
    expect(await judged(late, ...rotation, RUN_KEY.publicHex)).toMatchObject({ code: 2, failures: ["signer-expired"] });
    const gone = withRevocation(rotated(), chainOf(rotated()), {
      current: signer(8),
      publicKey: RUN_KEY.publicHex,
      at: SECOND,
      suspectFrom: SECOND,
    });
    write("r.json", JSON.stringify(gone));
    expect(await judged(log, ...rotation, RUN_KEY.publicHex)).toMatchObject({ code: 2, failures: ["signer-revoked"] });
  });

  test("a stranger's manifest is refused, and a rotation without its root", async () => {
    const log = write("a.jsonl", told().closed());
    write("r.json", JSON.stringify(rotated()));
    expect(await judged(log, "--rotation", "r.json", "--root", STRANGER.publicHex)).toMatchObject({
      error: { code: "rotation-invalid" },
    });
    expect((await judged(log, "--rotation", "r.json")).error?.code).toBe("usage");
    const stranger = manifest().replaceAll(RUN_KEY.publicHex, STRANGER.publicHex);
    expect((await judged(log, "--trusted-key-manifest", write("s.toml", stranger))).failures).toContain(
      "signer-unknown",
    );
    expect((await judged(log, "--trusted-key-manifest", write("n.toml", "version = 2\n"))).code).not.toBe(0);
  });
});

describe("how much is signed", () => {
  test.each(["flight-log-v1.jsonl", "flight-log-v1-run.jsonl", "flight-log-v2.jsonl", "flight-log-v2-run.jsonl"])(
    "%s passes without a pin, and not with one",
    async (name) => {
      copyFileSync(fileURLToPath(new URL(`../vectors/${name}`, import.meta.url)), join(folder, name));
      expect((await judged(name)).code).toBe(0);
      expect(await judged(name, "--trusted-public-key", STRANGER.publicHex)).toMatchObject({
        ...{ code: 2, failures: ["signer-unknown"] },
      });
    },
  );

  test("a killed run has an unsigned tail, recovered or not; without a pin that is a note", async () => {
    const { lines } = plainRun();
    const log = write("a.jsonl", recovered([...lines]));
    expect(await judged(log, ...PIN)).toMatchObject({ code: 2, failures: ["unsigned-tail"] });
    expect((await judged(log)).code).toBe(0);
    const killed = plainRun();
    killed.call("deny");
    const open = write("b.jsonl", killed.lines);
    expect((await judged(open, ...PIN)).failures).toEqual(["unsealed", "unsigned-tail"]);
    expect((await judged(open, ...PIN, "--allow-open")).failures).toEqual(["unsigned-tail"]);
    expect((await judged(write("c.jsonl", lines), ...PIN, "--allow-open")).failures).toEqual([]);
  });

  test("a log that cannot be read is an error, and says so in both forms", async () => {
    expect(await judged("none.jsonl", ...PIN)).toMatchObject({ code: 1, error: { code: "file-unreadable" } });
    expect((await judged(write("a.jsonl", plainRun().closed()), "--checkpoint", "a.jsonl")).code).toBe(1);
    expect((await judged("a.jsonl", "--trusted-public-key", "00")).code).toBe(1);
  });
});

describe("a checkpoint that was kept", () => {
  test("holds for what has grown from it; rolled back, forked and downgraded logs are told", async () => {
    const log = plainRun();
    const whole = write("a.jsonl", log.closed());
    write("kept.note", noteIn(log.lines.at(-2)));
    const kept = ["--checkpoint", "kept.note"];
    expect((await judged(whole, ...PIN, ...kept)).code).toBe(0);
    const cut = log.lines.findLastIndex((line, i) => i < log.seq - 2 && noteIn(line) !== "");
    const older = write("old.jsonl", log.lines.slice(0, cut + 1));
    expect((await judged(older, ...PIN, "--allow-open")).code).toBe(0);
    expect((await judged(older, ...PIN, "--allow-open", ...kept)).failures).toEqual(["log-rolled-back"]);
    const forked = write("f.jsonl", plainRun("files/other").closed());
    expect((await judged(forked, ...PIN)).code).toBe(0);
    expect((await judged(forked, ...PIN, ...kept)).failures).toEqual(["log-forked"]);
    const old = new SignedLog("agentk-flight/2");
    while (old.seq < log.seq) old.call("deny");
    expect((await judged(write("v2.jsonl", old.closed()), ...kept)).failures).toEqual(["log-forked"]);
  });
});

describe("witnesses", () => {
  const submit = (log: string, to: readonly WitnessProcess[], ...more: readonly string[]): Promise<CommandEnd> => {
    const words = to.flatMap(({ url, vkey }) => ["--witness", url, "--witness-key", vkey]);
    return run("witness-submit", log, ...words, "--require-witnesses", String(to.length), ...more);
  };
  const keys = (...of: readonly WitnessProcess[]): readonly string[] =>
    of.flatMap(({ vkey }) => ["--witness-key", vkey]);

  test("two of two, one of two, an older head, and none", async () => {
    const [one, two] = await Promise.all([
      WitnessProcess.start({ folder, id: 1 }),
      WitnessProcess.start({ folder, id: 2 }),
    ]);
    const log = plainRun();
    const demand = [...PIN, ...keys(one, two), "--require-witnesses", "2"];
    const cut = log.lines.findLastIndex((line, i) => i < log.seq - 1 && noteIn(line) !== "");
    const older = write("old.jsonl", log.lines.slice(0, cut + 1));
    expect((await submit(older, [one, two])).code).toBe(0);
    const whole = write("a.jsonl", log.closed());
    expect((await judged(whole, ...demand)).failures).toEqual(["witness-missing"]);
    expect((await judged(whole, ...demand, "--cosigned", "old.cosigned")).failures).toEqual(["witness-missing"]);
    expect((await submit(whole, [one])).code).toBe(0);
    expect((await judged(whole, ...demand)).failures).toEqual(["witness-missing"]);
    expect((await submit(whole, [two])).code).toBe(0);
    expect(await judged(whole, ...demand)).toMatchObject({ code: 0, failures: [] });
    // One witness named twice is one.
    expect((await judged(whole, ...keys(one, one), "--require-witnesses", "2")).error?.code).toBe("usage");
  });

  test("a key that signs the log anywhere in it is no witness of it", async () => {
    const witness = await WitnessProcess.start({ folder, id: 8 });
    const log = new SignedLog().checkpoint().rekey(NEXT_KEY).checkpoint().rekey(RUN_KEY).checkpoint();
    const whole = write("a.jsonl", log.closed());
    expect((await submit(whole, [witness])).code).toBe(0);
    expect((await judged(whole, ...keys(witness), "--require-witnesses", "1")).failures).toEqual(["witness-missing"]);
  });
});
