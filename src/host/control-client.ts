/** The other end of a run's control socket: finds it, makes sure that it is ours, asks once. */
import { isUtf8 } from "node:buffer";
import { lstatSync, readlinkSync } from "node:fs";
import { createConnection } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { AgentkError } from "../base/errors.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { parseStrictJson } from "../base/strict-json.js";
import { assertPrivateSocket, MAX_CONTROL_LINE_BYTES, socketFolders, socketName } from "./control-socket.js";
import { createLineSplitter } from "./line-splitter.js";
import { assertPrivateFolder, systemCode, unsafe } from "./private-folder.js";
import { LATEST, runsFolder } from "./run-folder.js";

/** How long an answer may take. What is asked now takes milliseconds; an approval will wait as long as it is given. */
const ANSWER_MS = 30_000;
const RUN_FORM = /^[0-9TZ]{16}-[0-9a-f]{12}$/;
const NOT_LISTENING = "is the run alive, and does its policy say `context_socket = true` under `[trust]`?";

/**
 * The socket of a run: `latest`, a run's id, or the path of the socket or of the link to it.
 * @throws AgentkError `usage`, `file-unreadable` when there is none, `unsafe-file` when it could be somebody else's.
 */
export function findControlSocket(world: { cwd: string; env: NodeJS.ProcessEnv }, run: string): string {
  if (run.includes("/") || run.endsWith(".sock")) return ownSocket(resolve(world.cwd, run));
  const runs = runsFolder(world.cwd);
  const name = socketName(run === "latest" ? latestRun(runs) : run);
  if (!RUN_FORM.test(name.replace(/\.sock$/, "")))
    throw new AgentkError("usage", "a run is `latest`, the id of a run, or the path of its socket");
  const found = [runs, ...socketFolders(world.env)].find((folder) => isThere(join(folder, name)));
  return ownSocket(join(found ?? runs, name));
}

/**
 * Asks for one thing and gives the answer.
 * @throws AgentkError `usage` for a request that is too long; `file-unreadable` when nobody listens any more, or the
 * run ends before it has answered: then it may have been done, and its log says so.
 */
export function askControl(path: string, request: JsonObject, waitMs: number = ANSWER_MS): Promise<JsonObject> {
  const line = `${JSON.stringify(request)}\n`;
  if (Buffer.byteLength(line) > MAX_CONTROL_LINE_BYTES + 1) {
    const problem = `the request is longer than ${String(MAX_CONTROL_LINE_BYTES)} bytes as a line of JSON`;
    return Promise.reject(new AgentkError("usage", problem));
  }
  return new Promise((settle, reject) => {
    const socket = createConnection(path);
    const fail = (problem: string, cause?: unknown): void => {
      socket.destroy();
      reject(new AgentkError("file-unreadable", `\`${path}\` ${problem}`, { place: { file: path }, cause }));
    };
    const take = (bytes: Buffer): void => {
      const answer = readAnswer(bytes);
      if (answer === undefined) fail("did not answer in the form it should");
      else settle(answer);
      socket.destroy();
    };
    const onOversize = (): void => {
      fail("answered with too long a line");
    };
    const splitter = createLineSplitter({ maxBytes: MAX_CONTROL_LINE_BYTES, onLine: take, onOversize });
    socket.setTimeout(waitMs, () => {
      fail("did not answer in time");
    });
    socket.on("data", splitter.push);
    socket.on("error", (error) => {
      fail(`cannot be asked (${systemCode(error) ?? "unknown"}): ${NOT_LISTENING}`, error);
    });
    // After an answer this changes nothing.
    socket.on("close", () => {
      fail("was closed before it had answered: the run's log says whether it was done");
    });
    socket.write(line);
  });
}

/** The run of the newest log. The link is read, not followed. */
function latestRun(runs: string): string {
  try {
    return basename(readlinkSync(join(runs, LATEST)), ".jsonl");
  } catch (error) {
    const file = join(runs, LATEST);
    const detail = `there is no \`${file}\` to find the latest run by (${systemCode(error) ?? "unknown"})`;
    throw new AgentkError("file-unreadable", detail, {
      cause: error,
      place: { file },
      hint: "name a run with `--run`",
    });
  }
}

/**
 * The socket at a path, or at the end of one link there.
 * Attacker-controlled: a link in a folder that came with somebody's project must not lead the user's words elsewhere,
 * so it may only lead to a socket of its own name, in a folder and of a mode that are ours alone.
 */
function ownSocket(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    const detail = `no run is listening at \`${path}\``;
    throw new AgentkError("file-unreadable", detail, { place: { file: path }, hint: NOT_LISTENING });
  }
  assertPrivateFolder(dirname(path));
  if (!stats.isSymbolicLink()) {
    assertPrivateSocket(path);
    return path;
  }
  const target = resolve(dirname(path), readlinkSync(path));
  if (basename(target) !== basename(path)) throw unsafe(path, "leads to another run's socket, or to none");
  if (!isThere(target)) throw unsafe(path, "leads to nothing: the run has ended without removing it");
  assertPrivateFolder(dirname(target));
  assertPrivateSocket(target);
  return target;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readAnswer(bytes: Buffer): JsonObject | undefined {
  const read = isUtf8(bytes) ? parseStrictJson(bytes.toString("utf8")) : undefined;
  return read?.ok === true && isJsonObject(read.value.value) ? read.value.value : undefined;
}
