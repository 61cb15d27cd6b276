/**
 * The control socket of a run: a unix socket for the operator's own commands. One strict JSON object a line, answered
 * in turn. Attacker-controlled: every byte.
 *
 * Who may speak here is said by the file system: the socket is 0600 in a folder that nobody else can write. Node has
 * no SO_PEERCRED, so a peer is not asked who it is. This keeps other users out. It does not keep out other programs of
 * the same user: the server that a run has started can connect as well as the operator's shell, unless it runs as
 * another user or in a sandbox. That is why a policy must ask for the socket.
 */
import { isUtf8 } from "node:buffer";
import { lstatSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { isAbsolute, join } from "node:path";
import { AgentkError } from "../base/errors.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { parseStrictJson } from "../base/strict-json.js";
import { dataFolder } from "./data-folder.js";
import { createLineSplitter } from "./line-splitter.js";
import { assertOwned, assertPrivateFolder, makePrivateFolder, systemCode, unsafe } from "./private-folder.js";

/** `sun_path` of sockaddr_un less its NUL: 108 bytes on Linux (unix(7)), 104 on the BSDs and macOS. */
const MAX_SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** One request or answer: room for a page of a user's words and what JSON adds to it. */
export const MAX_CONTROL_LINE_BYTES = 1024 * 1024;

/** Requests are flat; an approval may one day carry a little more. */
const MAX_CONTROL_DEPTH = 8;

/** Connections at once. A command makes one; a waiting approval may hold a few. */
const MAX_PEERS = 16;

/** How long a connection may be silent while nothing of its is being answered. */
const IDLE_MS = 10_000;

const ANY_ACCESS_BY_OTHERS = 0o077;
const NOT_OURS = 0o177;

export interface ControlSocketOptions {
  readonly run: string;
  /** The runs folder, when the run's log lies there; then the socket, or a link to it, lies beside the log. */
  readonly beside: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Answers one request. Each connection has at most one of them waiting. */
  readonly answer: (request: JsonObject) => Promise<JsonObject>;
  readonly idleMs?: number;
}

export interface ControlSocket {
  readonly path: string;
  /** Takes nothing more, removes the socket, and settles when what was being answered is answered. Safe to call twice. */
  readonly close: () => Promise<void>;
}

/** The name under which the socket of a run, or the link to it, is found. */
export function socketName(run: string): string {
  return `${run}.sock`;
}

/**
 * Listens for a run.
 * @throws AgentkError `unsafe-file` when the folder is not ours alone or the name is taken; `usage` when every folder
 * it may lie in has too long a path.
 */
export async function openControlSocket(options: ControlSocketOptions): Promise<ControlSocket> {
  const { path, link } = placesOf(options);
  const peers = new Set<Peer>();
  // A peer that closes its side after the request still gets the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket, options);
    peers.add(peer);
    socket.on("close", () => peers.delete(peer));
  });
  server.maxConnections = MAX_PEERS;
  await listen(server, path);
  // A connection that could not be accepted concerns nobody but its maker; an open socket does not keep a run alive.
  server.on("error", () => undefined).unref();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll({ server, peers, paths: [path, link ?? path] }));
  try {
    assertPrivateSocket(path);
    if (link !== undefined) pointAt(path, link);
  } catch (error) {
    await closeAll({ server, peers, paths: [path] });
    throw error;
  }
  return { path, close };
}

/** @throws AgentkError `unsafe-file` when others could use it. */
export function assertPrivateSocket(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isSocket()) throw unsafe(path, "is not a socket");
  assertOwned(path, stats);
  if ((stats.mode & ANY_ACCESS_BY_OTHERS) !== 0) throw unsafe(path, "can be used by others");
}

/** Folders of this user for sockets that cannot lie beside their log, the one to be preferred first. */
export function socketFolders(env: NodeJS.ProcessEnv): readonly string[] {
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const data = join(dataFolder(env), "run");
  return isAbsolute(runtime) && isPrivate(runtime) ? [join(runtime, "agentk"), data] : [data];
}

/** Beside the log when that is possible, else in a folder of the user's with a link beside the log. */
function placesOf({ run, beside, env }: ControlSocketOptions): { path: string; link: string | undefined } {
  const link = beside === undefined ? undefined : join(beside, socketName(run));
  if (beside !== undefined) assertPrivateFolder(beside);
  if (link !== undefined && isShortEnough(link)) return { path: link, link: undefined };
  const folder = socketFolders(env).find((each) => isShortEnough(join(each, socketName(run))));
  if (folder === undefined) {
    throw new AgentkError("usage", "no folder for the run's socket has a short enough path", {
      hint: `a socket's path has at most ${String(MAX_SOCKET_PATH_BYTES)} bytes: set XDG_RUNTIME_DIR or AGENTK_DATA_DIR`,
    });
  }
  makePrivateFolder(folder);
  assertPrivateFolder(folder);
  return { path: join(folder, socketName(run)), link };
}

function isShortEnough(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}

/** XDG Base Directory Specification: the runtime folder is 0700 and the user's. Where it is not, it is not used. */
function isPrivate(folder: string): boolean {
  try {
    assertPrivateFolder(folder);
    return true;
  } catch {
    return false;
  }
}

/** INVARIANT: bind(2) happens inside `listen`, under the mask, so the socket is never there with another mode. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(unsafe(path, `cannot be made (${systemCode(error) ?? "unknown"})`, { cause: error }));
    });
    const before = process.umask(NOT_OURS);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}

/** For commands that look beside the log. A name that is taken is somebody's, and is left alone. */
function pointAt(path: string, link: string): void {
  try {
    symlinkSync(path, link);
  } catch (error) {
    throw unsafe(link, `cannot be made (${systemCode(error) ?? "unknown"})`, { cause: error });
  }
}

/** libuv has removed the socket when `close` returns; the link is ours to remove. */
async function closeAll(open: { server: Server; peers: Set<Peer>; paths: readonly string[] }): Promise<void> {
  open.server.close();
  await Promise.all([...open.peers].map((peer) => peer.close()));
  for (const path of open.paths) rmSync(path, { force: true });
}

/** One connection. */
class Peer {
  private readonly socket: Socket;
  private readonly options: ControlSocketOptions;
  /** The request that is being answered. */
  private answering: Promise<void> | undefined;
  /** Why nothing more is taken; said after the answer that is due. */
  private refusal: string | undefined;
  private isEnding = false;

  constructor(socket: Socket, options: ControlSocketOptions) {
    this.socket = socket;
    this.options = options;
    const splitter = createLineSplitter({
      maxBytes: MAX_CONTROL_LINE_BYTES,
      onLine: (bytes) => {
        this.take(bytes);
      },
      onOversize: () => {
        this.refuse(`a line is longer than ${String(MAX_CONTROL_LINE_BYTES)} bytes`);
      },
    });
    socket.on("data", splitter.push);
    // A line without its newline was never said: its writer may have been killed in the middle of it.
    socket.on("end", () => {
      this.isEnding = true;
      if (this.answering === undefined) socket.end();
    });
    socket.on("error", () => socket.destroy());
    socket.setTimeout(options.idleMs ?? IDLE_MS, () => {
      if (this.answering === undefined) socket.destroy();
    });
  }

  /** Lets the answer that is due go out, and ends. */
  async close(): Promise<void> {
    this.isEnding = true;
    await this.answering;
    this.socket.destroySoon();
  }

  private take(bytes: Buffer): void {
    if (this.refusal !== undefined) return;
    if (this.answering !== undefined) {
      this.refuse("one request at a time: the one before is not answered yet");
      return;
    }
    const request = readRequest(bytes);
    if (request === undefined) this.refuse("a request is one JSON object a line");
    else this.answering = this.answer(request);
  }

  private async answer(request: JsonObject): Promise<void> {
    const answer = await this.ask(request);
    this.answering = undefined;
    this.write(answer);
    if (this.refusal !== undefined) this.write(refused(this.refusal));
    if (this.refusal !== undefined || this.isEnding) this.socket.destroySoon();
  }

  /** A failure is not told in its own words: they may hold what was asked. */
  private async ask(request: JsonObject): Promise<JsonObject> {
    try {
      return await this.options.answer(request);
    } catch {
      return refused("it could not be done");
    }
  }

  private refuse(why: string): void {
    if (this.refusal !== undefined) return;
    this.refusal = why;
    if (this.answering !== undefined) return;
    this.write(refused(why));
    this.socket.destroySoon();
  }

  /** Where nobody reads, requests wait too: a peer costs no more than its answers. */
  private write(answer: JsonObject): void {
    if (!this.socket.writable || this.socket.write(`${JSON.stringify(answer)}\n`)) return;
    this.socket.pause();
    this.socket.once("drain", () => this.socket.resume());
  }
}

function readRequest(bytes: Buffer): JsonObject | undefined {
  const read = isUtf8(bytes) ? parseStrictJson(bytes.toString("utf8"), MAX_CONTROL_DEPTH) : undefined;
  return read?.ok === true && isJsonObject(read.value.value) ? read.value.value : undefined;
}

/** The form of every answer that is not one. */
export function refused(error: string): JsonObject {
  return { ok: false, error };
}
