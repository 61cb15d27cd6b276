/** `recover`: ends the log of a run that was killed. What was torn is set aside, and the log says so and closes. */
import { isUtf8 } from "node:buffer";
import { existsSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import { decodeLine } from "../../evidence/codec.js";
import { createClock } from "../../host/clock.js";
import { nodeDigests } from "../../host/digests.js";
import { isRegularFile, readLines } from "../../host/log-file.js";
import { reopenJournalFile, splitTornTail } from "../../host/recover.js";
import { foldLine } from "../../kernel/fold.js";
import { INITIAL_STATE, type State } from "../../kernel/state.js";
import { createKernel } from "../../kernel/step.js";
import type { FlightLine } from "../../abi/event.js";
import type { Input } from "../../abi/request.js";
import { compileSource, readyForAnyPolicy } from "../policy/file.js";
import { refusePruned } from "./pruned-log.js";

export interface Recovery {
  readonly run: string;
  /** Bytes of a last line that was never finished. */
  readonly tornBytes: number;
  /** Where they were moved to. */
  readonly tornPath: string | undefined;
  /** Calls without an outcome: they may have happened. */
  readonly unanswered: number;
}

/** SHA-256 of nothing: what a recovery records when the last line was whole. */
const NOTHING = nodeDigests.sha256Hex("");

/**
 * Recovers the log at `path`. The closing lines carry no seal: the run's key died with the run.
 * @throws AgentkError `log-invalid` when a whole line does not hold, or the log is closed already;
 * `unsafe-file` when its writer is alive.
 */
export async function recoverLog(path: string): Promise<Recovery> {
  await readyForAnyPolicy();
  refusePruned(path);
  // Before anything is changed: is it a log, and one that needs this?
  assertRecoverable(path, readState(path));
  const torn = splitTornTail(path);
  const journal = reopenJournalFile(path);
  try {
    // INVARIANT: what is appended follows from what is read here, under the lock: whoever closed the log in the
    // meantime (its own run, or another recovery) has done so for good.
    const state = readState(path);
    const run = assertRecoverable(path, state);
    await journal.append(closingLines(state, torn ?? { tornBytes: 0, tornSha256: NOTHING }), true);
    return { run, tornBytes: torn?.tornBytes ?? 0, tornPath: torn?.path, unanswered: state.inFlight };
  } finally {
    await journal.close();
  }
}

/** The run that a log is of. @throws AgentkError `log-invalid` when there is nothing to recover. */
function assertRecoverable(path: string, state: State): string {
  if (state.run === undefined) throw new AgentkError("log-invalid", `\`${path}\` does not begin with an open line`);
  if (state.closed) throw new AgentkError("log-invalid", `\`${path}\` is closed already: there is nothing to recover`);
  return state.run.run;
}

/** The recovery, an `unknown` outcome for each open call, and the close: through the same kernel as every line. */
function closingLines(from: State, torn: { tornBytes: number; tornSha256: string }): readonly string[] {
  const kernel = createKernel({ digests: nodeDigests, compile: compileSource });
  const clock = createClock();
  const lines: string[] = [];
  let state = from;
  const step = (input: Input): void => {
    const next = kernel(state, input);
    state = next.state;
    lines.push(next.line);
  };
  step({ type: "recovery", at: clock(), torn_bytes: torn.tornBytes, torn_sha256: torn.tornSha256 });
  for (const [session, { calls }] of from.sessions) {
    for (const call of calls.keys())
      step({ type: "outcome", at: clock(), outcome: { call, session, status: "unknown" } });
  }
  step({ type: "close", at: clock(), close: { reason: "recovered", strays: 0 } });
  return lines;
}

/** The state that the log's whole lines fold to. Each must hold: recovery mends a crash, never a tampered log. */
function readState(path: string): State {
  // A pipe would never end.
  if (existsSync(path) && !isRegularFile(path)) {
    throw new AgentkError("log-invalid", `\`${path}\` is not a file`);
  }
  let state: State = INITIAL_STATE;
  const take = (bytes: Buffer, index: number): undefined => {
    const text = isUtf8(bytes) ? bytes.toString("utf8") : "";
    const decoded = text === "" ? undefined : decodeLine(nodeDigests, text);
    if (decoded?.ok !== true || decoded.value.prev !== state.head || decoded.value.seq !== state.seq) {
      throw invalid(path, index);
    }
    state = taken(path, state, { event: decoded.value, text });
  };
  readLines(path, take, {
    maxLineBytes: MAX_LOG_LINE_BYTES,
    onLongLine: (index) => {
      throw invalid(path, index);
    },
  });
  return state;
}

/** The state after a line. What it holds may still be a policy, or pins, that are none: no kernel has written it then. */
function taken(path: string, before: State, { event, text }: { event: FlightLine; text: string }): State {
  const { hash, time } = event;
  try {
    return foldLine(before, { event, text, hash, time }, { digests: nodeDigests, compile: compileSource });
  } catch (error) {
    throw invalid(path, event.seq, `the line cannot be taken up: ${error instanceof Error ? error.message : ""}`);
  }
}

function invalid(
  path: string,
  index: number,
  problem = "the line does not follow from the one before it",
): AgentkError {
  const hint = `run \`agentk verify\` on it: recovery mends the end of a log, nothing else`;
  return new AgentkError("log-invalid", problem, { place: { file: path, line: index + 1 }, hint });
}
