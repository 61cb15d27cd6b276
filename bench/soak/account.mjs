// Holds a session that is over against its log: the commands' verdicts, the server's journal, and what the client was told.
import { execFile } from "node:child_process";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { loadOperatorKey } from "../../dist/host/operator-key.js";
import { openPayloadStore } from "../../dist/host/payload-reader.js";
import { payloadPathOf } from "../../dist/host/payload-store.js";

/** Tools that the policy lets nobody call. */
const FORBIDDEN = new Set(["delete_all", "publish_page"]);

/** Faults of a session's log, in words; none when all is well. Also the calls that were looked at. */
export async function accountOf({ log, journal, client, wasKilled, agentk, publicKey, env }) {
  const faults = [];
  const carriedOut = carriedOutIn(journal);
  if (!existsSync(log) || !readFileSync(log).includes(10)) {
    if (carriedOut.length > 0) faults.push(`${carriedOut.length} calls were carried out, and there is no log`);
    return { faults, lines: 0 };
  }
  if (wasKilled) await expectWell(faults, agentk, ["recover", "--json", log], env);
  await expectWell(faults, agentk, ["verify", "--json", log], env);
  await expectWell(
    faults,
    agentk,
    ["verify-signatures", "--json", "--trusted-public-key", publicKey, log],
    env,
    (said) => wasKilled && isOnlyUnsealed(said),
  );
  const replayed = await expectWell(faults, agentk, ["replay", "--json", log], env);
  if (replayed !== undefined && replayed.depth !== "deep") faults.push("the replay was not deep");
  const recorded = await recordedIn(log, env);
  faults.push(...compare({ ...recorded, carriedOut, calls: client.calls }));
  return { faults, lines: recorded.lines };
}

function carriedOutIn(journal) {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").split("\n").slice(0, -1);
  return lines.filter((line) => line !== "over" && !line.startsWith("start ")).map((line) => line.split(" "));
}

/** Runs a command whose exit status must be 0, or whose report `isExcused`. */
async function expectWell(faults, agentk, args, env, isExcused = () => false) {
  const { code, stdout, stderr } = await new Promise((settle) => {
    const options = { env, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [agentk, ...args], options, (error, out, err) => {
      settle({ code: error === null ? 0 : (error.code ?? error.signal), stdout: out, stderr: err });
    });
  });
  const said = parsed(stdout);
  if (code !== 0 && !isExcused(said)) faults.push(`${args[0]} ended with ${code}: ${(stdout + stderr).slice(0, 1500)}`);
  return said;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A run that was killed could not sign its end: that, and nothing else, may be found in its signatures. */
function isOnlyUnsealed(said) {
  const failures = said?.findings?.filter(({ severity }) => severity === "failure") ?? [];
  return failures.length > 0 && failures.every(({ code }) => code === "unsigned-tail");
}

/** Nonce -> its verdict and call; requests refused before their values were looked at; calls with receipts; calls that ended well. */
async function recordedIn(log, env) {
  const intents = new Map();
  const refused = new Set();
  const receipts = new Set();
  const done = new Set();
  let lines = 0;
  let payloads;
  for await (const line of createInterface({ input: createReadStream(log) })) {
    lines++;
    const { type, seq, value } = JSON.parse(line);
    if (type === "open") payloads = openedPayloads(log, value.run, env);
    else if (type === "receipts") for (const { call } of value.receipts) receipts.add(call);
    else if (type === "approval") amend(intents, value);
    else if (type === "outcome" && value.status === "ok") done.add(value.call);
    else if (type === "syscall" && value.kind === "tool.invoke") {
      const { nonce } = JSON.parse(payloads.get(seq, "arguments"));
      intents.set(nonce, { call: value.call, verdict: value.decision.verdict });
    } else if (type === "syscall" && value.target === "tools/call" && value.decision.verdict === "deny")
      refused.add(value.call);
  }
  payloads?.close();
  return { intents, refused, receipts, done, lines };
}

function openedPayloads(log, run, env) {
  const opened = openPayloadStore(payloadPathOf(log), run, loadOperatorKey(env));
  if (!opened.ok) throw new Error(opened.error.detail);
  return opened.value;
}

function amend(intents, { call, decision }) {
  for (const intent of intents.values()) if (intent.call === call) intent.verdict = decision.verdict;
}

function compare({ intents, refused, receipts, done, carriedOut, calls }) {
  const faults = [];
  const blame = (nonce, what) => faults.push(`${calls.get(nonce)?.tool ?? "a call"} ${nonce} ${what}`);
  for (const [tool, nonce] of carriedOut) {
    const intent = intents.get(nonce);
    if (FORBIDDEN.has(tool)) blame(nonce, "was carried out and is forbidden");
    if (intent?.verdict !== "allow") blame(nonce, "was carried out without an intent");
    else if (!receipts.has(intent.call)) blame(nonce, "was carried out without a receipt");
  }
  const reached = new Set(carriedOut.map(([, nonce]) => nonce));
  if (reached.size !== carriedOut.length) faults.push("a call was carried out twice");
  for (const [nonce, { tool, told, why = "" }] of calls) {
    // A run that has ended records nothing more, and says so.
    const isLate = told === "refused" && why.includes("run-closed");
    // Refused at the boundary, as when no server is there whose list could be read: its line has no values, and its name is told.
    const named = /"call":"(c\d+)"/.exec(why)?.[1];
    const isRefused = told === "refused" && named !== undefined && refused.has(named);
    if (told !== undefined && !isLate && !isRefused && !intents.has(nonce))
      blame(nonce, `was answered and is not in the log: ${why}`);
    if (told !== "done") continue;
    if (!reached.has(nonce)) blame(nonce, "was answered and never carried out");
    if (!done.has(intents.get(nonce)?.call)) blame(nonce, "was answered and has no outcome");
    if (FORBIDDEN.has(tool)) blame(nonce, "was answered and is forbidden");
  }
  for (const nonce of intents.keys()) if (!calls.has(nonce)) blame(nonce, "is in the log and was never asked for");
  return faults;
}
