/** A file system that is really full: a small tmpfs in a mount namespace of its own, or, where none may be had, a limit on files. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture, ProxyProcess, testFolder, type Reply } from "../boundary/proxy-process.js";
import { textOf } from "../boundary/watch.js";
import { carriedOut, expectWholeLog, recordedIn } from "./scripted.js";

interface Means {
  readonly what: string;
  /** What the system says when there is no room. */
  readonly code: string;
  /** Runs what follows with little room in the folder `disk`, and leaves what was written there in `saved`. */
  readonly launcher: readonly string[];
}

const MOUNTED = 'mount -t tmpfs -o size=192k tmpfs disk && "$@"; status=$?; cp -a disk/. saved/; exit $status';

function meansHere(): Means {
  for (const how of [["-m"], ["-Urm"]]) {
    const tried = spawnSync("unshare", [...how, "sh", "-c", "mount -t tmpfs -o size=192k tmpfs /tmp"]);
    if (tried.status !== 0) continue;
    return { what: "a tmpfs of 192 KiB", code: "ENOSPC", launcher: ["unshare", ...how, "sh", "-c", MOUNTED, "sh"] };
  }
  const limited = 'ulimit -f 64 && exec "$@"';
  return { what: "a limit on the size of files", code: "EFBIG", launcher: ["sh", "-c", limited, "sh"] };
}

// Claim: F1
test("a full disk: from the first line that does not fit on every call is denied, and nothing reaches the server", async () => {
  const means = meansHere();
  process.stdout.write(`full disk: by ${means.what}\n`);
  // What is left is cut off at its end.
  const cwd = join(testFolder("full"), "tampered");
  for (const name of ["", "disk", "saved"]) mkdirSync(join(cwd, name));
  const journal = join(cwd, "journal");
  writeFileSync(join(cwd, "policy.toml"), POLICY);
  const server = [process.execPath, fixture("servers/witness.mjs"), journal];
  const flags = ["--policy", "policy.toml", "--trace-out", "disk/run.jsonl"];
  const proxy = new ProxyProcess({ cwd, server, flags, launcher: means.launcher });
  await proxy.handshake();
  const replies = await callUntilRefused(proxy);
  const { code } = await proxy.close();
  if (existsSync(join(cwd, "disk", "run.jsonl"))) cpSync(join(cwd, "disk"), join(cwd, "saved"), { recursive: true });

  expect(code).toBe(1);
  expect(proxy.stderr).toMatch(new RegExp(`recording failed.*\\(${means.code}\\)`));
  const done = [...replies].filter(([nonce, reply]) => textOf(reply) === nonce).map(([nonce]) => nonce);
  expect(done.length).toBeGreaterThan(5);
  const refused = [...replies].slice(done.length);
  // The first may be of a call that was carried out and whose result did not fit; none after it was.
  for (const [, reply] of refused.slice(1)) expect(JSON.stringify(reply)).toContain("recorder-fault");
  const log = join(cwd, "saved", "run.jsonl");
  const { intents, receipted, ok } = recordedIn(log);
  const effects = carriedOut(journal).filter((line) => line !== "over");
  expect(intents).toEqual(expect.arrayContaining([...effects]));
  expect(receipted).toEqual(expect.arrayContaining([...effects]));
  expect(ok).toEqual(expect.arrayContaining(done));
  expect(effects.length - done.length).toBeLessThanOrEqual(1);
  expect(await expectWholeLog(log)).toBe("recovered");
});

/** A few lines, which stand in the log whole: what fills the disk is to be the calls. */
const POLICY = `[[rules]]
effect = "allow"
when = { syscalls = ["tool.describe", "tool.invoke", "tool.response"] }
[[rules]]
id = "default-deny"
effect = "deny"
`;

/** Answers by nonce, in the order of the calls, until five were refused. */
async function callUntilRefused(proxy: ProxyProcess): Promise<ReadonlyMap<string, Reply>> {
  const replies = new Map<string, Reply>();
  for (let refused = 0; refused < 5 && replies.size < 1000;) {
    const nonce = `n${String(replies.size)}`;
    const reply = await proxy.call("do", { nonce, filler: "x".repeat(500) }, nonce);
    replies.set(nonce, reply);
    if (textOf(reply) !== nonce) refused++;
  }
  return replies;
}
