/** `context add`, `release` and `status`: the operator's words to a live run, over its control socket. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { AgentkError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { askControl, findControlSocket } from "../host/control-client.js";
import { MAX_CONTROL_LINE_BYTES } from "../host/control-socket.js";
import { systemCode } from "../host/private-folder.js";

export interface ContextTarget {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** `latest`, a run's id, or the path of its socket. */
  readonly run: string;
}

export interface ContextAdd extends ContextTarget {
  readonly session: string;
  readonly as: "user";
  /** A file's name, or `-` for `input`. */
  readonly file: string;
  readonly input: Readable;
}

/**
 * Hands text to a run as the user's and gives the page it was recorded as.
 * @throws AgentkError when there is no text or no run, or the run refuses it.
 */
export async function addContext(add: ContextAdd): Promise<{ socket: string; page: string }> {
  const socket = findControlSocket(add, add.run);
  const source = add.file === "-" ? add.input : createReadStream(resolve(add.cwd, add.file));
  const text = await readText(source, add.file);
  const { session, as } = add;
  const answer = await ask(socket, { op: "context.add", session, as, text });
  const page = answer["page"];
  if (typeof page !== "string") throw new AgentkError("internal", "the run named no page");
  return { socket, page };
}

export interface ContextRelease extends ContextTarget {
  readonly session: string;
  readonly axis: "integrity" | "confidentiality";
}

/**
 * Lowers what a session has been raised to, on one axis, and gives the socket that was asked.
 * @throws AgentkError when there is no run, or the run refuses it.
 */
export async function releaseContext(release: ContextRelease): Promise<string> {
  const socket = findControlSocket(release, release.run);
  const { session, axis } = release;
  await ask(socket, { op: "context.release", session, axis });
  return socket;
}

/**
 * What a run says of itself: its id, its sessions and its counts.
 * @throws AgentkError when there is no run to ask.
 */
export async function contextStatus(target: ContextTarget): Promise<{ socket: string; answer: JsonObject }> {
  const socket = findControlSocket(target, target.run);
  const members = Object.entries(await ask(socket, { op: "status" }));
  return { socket, answer: Object.fromEntries(members.filter(([name]) => name !== "ok")) };
}

async function ask(socket: string, request: JsonObject): Promise<JsonObject> {
  const answer = await askControl(socket, request);
  if (answer["ok"] === true) return answer;
  const why = typeof answer["error"] === "string" ? answer["error"] : "it does not say why";
  throw new AgentkError("usage", `the run refuses it: ${why}`);
}

/** All of it, exactly as it is: what the user said is compared with what the agent then does. */
async function readText(source: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_CONTROL_LINE_BYTES)
        throw new AgentkError("usage", `the text is longer than ${String(MAX_CONTROL_LINE_BYTES)} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AgentkError) throw error;
    const detail = `cannot read \`${name}\` (${systemCode(error) ?? "unknown"})`;
    throw new AgentkError("file-unreadable", detail, { cause: error });
  }
  return decoded(Buffer.concat(chunks));
}

function decoded(bytes: Buffer): string {
  if (bytes.length === 0) throw new AgentkError("usage", "there is no text");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new AgentkError("usage", "the text is not UTF-8", { cause: error });
  }
}
