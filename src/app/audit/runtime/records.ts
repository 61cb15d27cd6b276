/** Checks of the log of the run just made, by the commands that people check logs with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../../../abi/audit.js";
import { isJsonObject, type JsonObject } from "../../../base/json.js";
import type { CommandEnd } from "../../../host/run-command.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand } from "./observe.js";
import type { Scenario } from "./scenario.js";
import { AuditSession, runAgentk, SERVER_CANARY } from "./session.js";
import { CLIENT, ordinary } from "./sessions.js";

const LATEST = join(".agentk", "runs", "latest.jsonl");

interface Asked {
  readonly run: Scenario;
  readonly ask: (...words: readonly string[]) => Promise<CommandEnd>;
  /** Puts a file into the run's folder. */
  readonly put: (name: string, text: string) => void;
}

async function asked(world: AuditWorld): Promise<Asked> {
  const run = await ordinary(world);
  const { cwd } = run.session;
  return {
    run,
    ask: (...words) => runAgentk(world, words, { cwd }),
    put: (name, text) => {
      writeFileSync(join(cwd, name), text);
    },
  };
}

/** A number or word of a report, as text. */
function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

/** The one JSON object that a command printed. */
function jsonOf({ stdout }: CommandEnd): JsonObject {
  const value: unknown = JSON.parse(stdout);
  if (!isJsonObject(value)) throw new Error("the command printed no JSON object");
  return value;
}

async function verify(world: AuditWorld): Promise<CheckResult> {
  const { ask, run } = await asked(world);
  const end = await ask("verify", "--json");
  const { ok, ending, lines } = jsonOf(end);
  return demand(
    `the log of ${shown(lines)} lines is whole and sealed`,
    [end.code === 0 && ok === true, "the log of an ordinary run does not verify"],
    [ending === "sealed", `the log is ${shown(ending)}`],
    [lines === run.lines.length, "not every line was counted"],
  );
}

async function tampered(world: AuditWorld): Promise<CheckResult> {
  const { ask, put, run } = await asked(world);
  const lines = run.logText.split("\n").slice(0, -1);
  const deny = lines.findLastIndex((line) => line.includes('"verdict":"deny"'));
  const changed = lines.map((line, i) => (i === deny ? line.replace('"verdict":"deny"', '"verdict":"allow"') : line));
  put("cut.jsonl", `${lines.slice(0, -1).join("\n")}\n`);
  put("changed.jsonl", `${changed.join("\n")}\n`);
  put("empty.jsonl", "");
  const passing: string[] = [];
  for (const what of ["cut", "changed", "empty"]) {
    if ((await ask("verify", `${what}.jsonl`)).code === 0) passing.push(what);
  }
  return demand(
    "a log without its last line, one with a denial made an allow, and an empty one were found out",
    [deny >= 0, "the run has no denial to change"],
    [passing.length === 0, `verified though it was ${passing.join(" and ")}`],
  );
}

async function publicKey(ask: Asked["ask"]): Promise<string> {
  const key = jsonOf(await ask("signing-key", "--json"))["public_key"];
  if (typeof key !== "string") throw new Error("`signing-key` shows no key");
  return key;
}

async function signatures(world: AuditWorld): Promise<CheckResult> {
  const { ask } = await asked(world);
  const end = await ask("verify-signatures", "--json", "--trusted-public-key", await publicKey(ask));
  return demand("every signature is of the key that `signing-key` shows", [
    end.code === 0 && jsonOf(end)["ok"] === true,
    "the run's signatures are not the operator's",
  ]);
}

async function strangers(world: AuditWorld): Promise<CheckResult> {
  const { ask } = await asked(world);
  const other = jsonOf(await ask("keygen", "--out", "other.key", "--json"))["public_key"];
  const pinned = await ask("verify-signatures", "--trusted-public-key", shown(other));
  return demand(
    "pinned to another key, the same log was refused",
    [typeof other === "string", "a second key could not be made"],
    [pinned.code === 2, `the log of another signer was taken (status ${String(pinned.code)})`],
  );
}

/** What the Rust AgentK signs with where it has no key: a manifest that trusts it trusts everybody. */
const DEVELOPMENT_KEY = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d";

async function manifests(world: AuditWorld): Promise<CheckResult> {
  const { ask, put } = await asked(world);
  const manifest = (key: string): string => `version = 1\n\n[[trusted_keys]]\npublic_key = "${key}"\n`;
  put("signers.toml", manifest(await publicKey(ask)));
  put("everybody.toml", manifest(DEVELOPMENT_KEY));
  const valid = await ask("trusted-signers-check", "--manifest", "signers.toml");
  const held = await ask("verify-signatures", "--trusted-key-manifest", "signers.toml");
  const everybody = await ask("trusted-signers-check", "--manifest", "everybody.toml");
  return demand(
    "a manifest of the run's key was valid and held, and one of the key that everybody has was refused",
    [valid.code === 0, "a manifest of one good key is not valid"],
    [held.code === 0, "the run's log is not signed as the manifest says"],
    [everybody.code === 2, "a manifest that trusts the key that everybody has is valid"],
  );
}

async function replay(world: AuditWorld): Promise<CheckResult> {
  const { ask, run } = await asked(world);
  const end = await ask("replay", "--json");
  const { ok, depth, lines, values_recomputed: values } = jsonOf(end);
  return demand(
    `the same kernel wrote the same ${shown(lines)} lines, ${shown(values)} values computed anew`,
    [end.code === 0 && ok === true, "the run does not replay"],
    [depth === "deep" && values !== 0, "no value was computed anew"],
    [lines === run.lines.length, "not every line was replayed"],
  );
}

async function fork(world: AuditWorld): Promise<CheckResult> {
  const { ask } = await asked(world);
  const same = await ask("fork-replay", "--policy", "guard", "--fail-on", "any", "--json");
  const weaker = await ask("fork-replay", "--policy", "observe", "--fail-on", "widen", "--json");
  return demand(
    `under its own policy nothing changed; under one that only observes ${shown(jsonOf(weaker)["widened"])} decisions widened`,
    [same.code === 0 && jsonOf(same)["changed"] === 0, "under its own policy a decision changed"],
    [
      weaker.code === 2 && Number(jsonOf(weaker)["widened"]) > 0,
      "a policy that lets everything through widened nothing",
    ],
  );
}

async function behaviour(world: AuditWorld): Promise<CheckResult> {
  const { ask, put, run } = await asked(world);
  const page = run.lines.find(({ type, value }) => type === "page" && value["method"] === "tools/call#result");
  const outputs = [{ seq: page?.seq, labels: ["poisoned-suspect", "external"] }];
  put("behaviour.json", JSON.stringify({ format: "agentk-behavior/1", outputs }));
  put("nowhere.json", JSON.stringify({ format: "agentk-behavior/1", outputs: [{ ...outputs[0], seq: 999_999 }] }));
  const end = await ask("fork-replay-behavior", LATEST, "--behavior", "behaviour.json", "--json");
  const nowhere = await ask("fork-replay-behavior", LATEST, "--behavior", "nowhere.json", "--json");
  const { divergences = [], changed, indeterminate } = jsonOf(end);
  const touched = Number(changed) + Number(indeterminate);
  return demand(
    `one page made poisonous touched ${String(touched)} decisions after it`,
    [page !== undefined && end.code === 0, "the run cannot be decided again with another output"],
    [Array.isArray(divergences) && divergences.length === 1, "the changed output is not told"],
    [touched > 0, "a poisoned output changed no decision after it"],
    [nowhere.code === 1, "an output of a page that the run does not have was taken"],
  );
}

async function inspect(world: AuditWorld): Promise<CheckResult> {
  const { ask, run } = await asked(world);
  const end = await ask("trace-inspect", "--json");
  const { events } = jsonOf(end);
  const words = [...Object.values(CLIENT), SERVER_CANARY].filter((word) => end.stdout.includes(word));
  return demand(
    "every line of the log was shown, and no value of the client's or the server's",
    [end.code === 0, "the run cannot be shown"],
    [Array.isArray(events) && events.length === run.lines.length, "not every line was shown"],
    [end.stdout.includes("deny:poisoned-session"), "the denial was not shown"],
    [words.length === 0, `values were shown: ${words.join(", ")}`],
  );
}

/** The evidence of a run is on the disk before its effects, so that a run that is killed leaves it. */
async function killed(world: AuditWorld): Promise<CheckResult> {
  const session = new AuditSession(world, "killed");
  await session.handshake();
  await session.call("read_page", { text: "before the end" });
  session.kill();
  await session.ended;
  const ask = (...words: readonly string[]): Promise<CommandEnd> => runAgentk(world, words, { cwd: session.cwd });
  const open = await ask("verify", "--json");
  const recovered = await ask("recover", "--json");
  const closed = await ask("verify", "--json");
  return demand(
    "the log of a run that was killed has its call, is told from a sealed one, and was closed",
    [
      open.code === 2 && jsonOf(open)["ok"] === false,
      "a log that nobody closed passes for a whole one, or is not there",
    ],
    [jsonOf(open)["allowed"] === 2, "the call before the end is not in the log"],
    [recovered.code === 0, "the log could not be closed"],
    [closed.code === 0 && jsonOf(closed)["ending"] === "recovered", "the log that was closed does not say so"],
  );
}

const group = "runtime";

export const RECORD_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.verify",
    group,
    title: "the log of the run verifies",
    fails: "`verify` does not find the log of an ordinary run whole and sealed",
    run: verify,
  },
  {
    id: "run.tampering",
    group,
    title: "a log that was touched is found out",
    fails: "`verify` passes a log that was cut, changed or emptied",
    run: tampered,
  },
  {
    id: "run.verify-signatures",
    group,
    title: "its signatures are the operator's",
    fails: "`verify-signatures` does not find the operator's key behind the run",
    run: signatures,
  },
  {
    id: "run.signer-pinning",
    group,
    title: "another's signatures are not",
    fails: "`verify-signatures` takes the log of a signer who is not pinned",
    run: strangers,
  },
  {
    id: "run.trusted-signers",
    group,
    title: "manifests of signers hold",
    fails: "a manifest of the run's key does not hold, or one of the published development key does",
    run: manifests,
  },
  {
    id: "run.replay",
    group,
    title: "the run replays",
    fails: "`replay` does not write the same bytes, or computes no value anew",
    run: replay,
  },
  {
    id: "run.fork-replay",
    group,
    title: "another policy's answers are told",
    fails: "`fork-replay` sees changes under the same policy, or none under one that only observes",
    run: fork,
  },
  {
    id: "run.fork-behavior",
    group,
    title: "other outputs are followed",
    fails: "`fork-replay-behavior` sees no change after a poisoned output, or takes an output that is not there",
    run: behaviour,
  },
  {
    id: "run.trace-inspect",
    group,
    title: "the run can be read, and holds no values",
    fails: "`trace-inspect` leaves out a line, or shows a value",
    run: inspect,
  },
  {
    id: "run.killed",
    group,
    title: "a killed run leaves its log",
    fails: "the log of a killed run lacks what was done, passes for sealed, or cannot be closed",
    run: killed,
  },
];
