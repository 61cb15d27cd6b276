/** Requests without a server: one from a file or stdin, or lines of them, each told what was decided. */
import { createLineSplitter } from "../../host/line-splitter.js";
import { AgentkError } from "../../base/errors.js";
import { err, ok, type Result } from "../../base/result.js";
import { MAX_REQUEST_BYTES, parseMediateRequest, tooLong, type MediateRequest, type RequestFault } from "./request.js";
import { askedOf, statusOf, Mediation, type MediateReport, type MediationOptions } from "./mediation.js";

/** Told of every line of `mcp-lines`, by its number from 1. */
export type LineReport =
  ({ readonly line: number } & MediateReport) | { readonly line: number; readonly error: RequestFault };

/** Decides one request and records it. */
export async function mediate(
  mediation: Mediation,
  request: MediateRequest,
): Promise<Result<MediateReport, RequestFault>> {
  const session = mediation.sessionOf(request.agent_id);
  if (session === undefined) {
    await mediation.refuse("agent-limit", "message-limit");
    return err({ code: "agent-limit", problem: "the run has as many agents as it may have" });
  }
  return ok(mediation.report(request, await mediation.ask(request.agent_id, session, askedOf(request))));
}

/**
 * One run for one request.
 * @throws AgentkError: nothing has begun; `log-invalid` never. A request that is none is `usage`.
 */
export async function mediateOnce(options: MediationOptions, bytes: Uint8Array): Promise<MediateReport> {
  const read = parseMediateRequest(bytes);
  if (!read.ok) throw new AgentkError("usage", read.error.problem, { hint: "see docs/mediate.md for its members" });
  const mediation = new Mediation(options);
  await mediation.open();
  const judged = await mediate(mediation, read.value);
  const { fault } = await mediation.close("eof");
  if (fault !== undefined) throw new AgentkError("recorder-failed", `recording failed: ${fault.message}`);
  if (!judged.ok) throw new AgentkError("usage", judged.error.problem);
  return judged.value;
}

export interface LinesOptions {
  readonly input: AsyncIterable<Buffer>;
  /** Settles when the report may be followed by another. */
  readonly write: (report: LineReport) => Promise<void>;
  /** Aborted: no further line is taken. */
  readonly signal: AbortSignal;
}

/** Lines that came and wait for their turn: those of one chunk. */
type Waiting = Buffer | "too-long";

/**
 * Mediates line by line, in order, in the run that is open. One bad line is one error report.
 * Gives the exit status: 1 when a line was bad or could not be recorded, else 2 when one was denied, else 0.
 */
export async function mediateLines(mediation: Mediation, { input, write, signal }: LinesOptions): Promise<0 | 1 | 2> {
  const waiting: Waiting[] = [];
  const seen = new Set<0 | 1 | 2>();
  let line = 0;
  const take = async (): Promise<void> => {
    for (const one of waiting.splice(0)) {
      if (signal.aborted) return;
      const report = { line: ++line, ...(await lineReport(mediation, one)) };
      seen.add("error" in report ? 1 : statusOf(report));
      await write(report);
    }
  };
  const keep = (bytes: Buffer): void => void waiting.push(Buffer.from(bytes));
  const splitter = createLineSplitter({
    maxBytes: MAX_REQUEST_BYTES,
    onLine: keep,
    onOversize: () => void waiting.push("too-long"),
    onRest: keep,
  });
  for await (const chunk of input) {
    splitter.push(chunk);
    await take();
    if (signal.aborted) break;
  }
  splitter.end();
  await take();
  return seen.has(1) ? 1 : seen.has(2) ? 2 : 0;
}

async function lineReport(
  mediation: Mediation,
  one: Waiting,
): Promise<MediateReport | { readonly error: RequestFault }> {
  const read = one === "too-long" ? err(tooLong()) : parseMediateRequest(one);
  if (!read.ok) {
    await mediation.refuse(`frame:${read.error.code}`, "malformed");
    return { error: read.error };
  }
  const judged = await mediate(mediation, read.value);
  return judged.ok ? judged.value : { error: judged.error };
}
