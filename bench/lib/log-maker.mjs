// Logs as agentk writes them: a run of the kernel with its recorder, signer and sealed payloads, only without a server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPayload } from "../../dist/abi/request.js";
import { Mediation } from "../../dist/app/mediate/mediation.js";
import { readPolicy } from "../../dist/app/policy/file.js";
import { canonicalJson } from "../../dist/base/canonical.js";

/** Calls going on at once, so that their receipts are signed together as those of a busy run are. */
const IN_FLIGHT = 32;

/** A folder of its own for a bench, with the environment that keeps agentk's keys and runs within it. */
export function benchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "agentk-bench-"));
  return {
    folder,
    env: { ...process.env, AGENTK_DATA_DIR: join(folder, "data") },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A run in this process that asks, records and seals as the proxy does. `onCall` hears of every call that is over. */
export async function openRun({ folder, env }, name, { payloads = "sealed", durableFrom = "never" } = {}) {
  const run = new Mediation({
    cwd: folder,
    env,
    traceOut: join(folder, `${name}.jsonl`),
    payloads,
    policy: await readPolicy(undefined),
    agentId: "agent://bench",
    serverId: "bench",
    surface: "bench",
    responseTimeoutMs: 30_000,
    maxClientMessages: 999_999_999,
    maxInFlight: 256,
    maxLineBytes: 10_485_760,
    durableFrom,
  });
  await run.open();
  return run;
}

/** One allowed call with its page: four lines of the log, or three and its part of the line with the receipts. */
export async function call(run, session, number) {
  const asked = { kind: "tool.invoke", subject: { tool: "read_note" }, arguments: { id: number, part: "summary" } };
  const judged = await run.ask("agent://bench", session, asked, async () => ({
    status: "ok",
    page: { method: "tools/call#result", content: openPayload(canonicalJson(resultOf(number))) },
  }));
  if (judged.observation?.status !== "ok") throw new Error(`the call came to nothing: ${judged.decision.reason}`);
}

function resultOf(number) {
  const text = `note ${number}: the delivery of order ${number * 7919} is planned for week ${number % 52}; nobody is at home before noon`;
  return { content: [{ type: "text", text }] };
}

/** A closed and sealed log of at least so many lines; gives its path. */
export async function makeLog(place, name, lines, inFlight = IN_FLIGHT) {
  const run = await openRun(place, name);
  const session = run.sessionOf("agent://bench");
  let number = 0;
  const worker = async () => {
    while (run.run.dispatch.current.seq < lines) await call(run, session, number++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { fault } = await run.close("eof");
  if (fault !== undefined) throw fault;
  return run.log;
}
