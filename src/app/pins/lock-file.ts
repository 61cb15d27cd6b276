/** A lock file on the disk: read strictly, held against the server that is to be started, written whole or not at all. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOCK_BYTES, MAX_NAME_CHARS } from "../../base/limits.js";
import { nodeDigests } from "../../host/digests.js";
import { formatPins, type Pins } from "../../kernel/pins.js";
import type { PolicyFault } from "../../policy/fault.js";
import { parseLock, type Lock, type LockedDescriptor, type LockedServer } from "../../policy/lock.js";
import { identityDifferences, identityOf } from "./identity.js";
import { readTextFile } from "../text-file.js";

/** A lock that is none: every fault found. The command that meets it fails a check (exit status 2). */
export class LockInvalid extends AgentkError {
  readonly faults: readonly PolicyFault[];

  constructor(file: string, faults: readonly PolicyFault[]) {
    const [first] = faults;
    const place = first === undefined ? { file } : { file, line: first.line, column: first.column };
    super("policy-invalid", first?.problem ?? "is no lock", { place, hint: first?.hint ?? "see docs/pins.md" });
    this.faults = faults;
  }
}

/** @throws AgentkError `file-unreadable`; LockInvalid */
export function readLock(file: string): Lock {
  const parsed = parseLock(readTextFile(file, MAX_LOCK_BYTES), nodeDigests);
  if (!parsed.ok) throw new LockInvalid(file, parsed.error);
  return parsed.value;
}

/** What a run is held to, as the kernel takes it. */
export interface RunPins {
  readonly name: string;
  readonly source: string;
}

/** Which lock a run is held to. */
export interface LockChoice {
  readonly file: string;
  /** Named by the operator: then it must be there, and have the run's servers. */
  readonly isNamed: boolean;
}

export interface RunServer {
  readonly serverId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The pins of a run: of the lock that was named, or of the default one where it is there and has one of these servers.
 * Undefined when there is no lock for them.
 * @throws AgentkError when the lock cannot be read, lacks a server, or one is another than it says: then the run must not
 * begin.
 */
export function pinsFor(servers: readonly RunServer[], { file, isNamed }: LockChoice): RunPins | undefined {
  if (!isNamed && !existsSync(file)) return undefined;
  const lock = readLock(file);
  const isOurs = servers.some(({ serverId }) => lock.servers.some(({ id }) => id === serverId));
  if (!isNamed && !isOurs) return undefined;
  const locked = servers.map((server) => lockedAs(server, lock, file));
  const name = basename(file)
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, MAX_NAME_CHARS);
  return { name: name === "" ? "lock" : name, source: formatPins(pinsOf(locked)) };
}

function lockedAs(server: RunServer, lock: Lock, file: string): LockedServer {
  const locked = lock.servers.find(({ id }) => id === server.serverId);
  if (locked === undefined) {
    const hint = `accept its descriptors first: agentk pins init --lock ${file} --server-id ${server.serverId} -- ...`;
    throw new AgentkError("usage", `the lock has no server \`${server.serverId}\``, { place: { file }, hint });
  }
  const [difference] = identityDifferences(locked, identityOf(server));
  if (difference !== undefined) throw otherServer(file, locked, difference);
  return locked;
}

function otherServer(file: string, { id }: LockedServer, difference: string): AgentkError {
  const hint = `if you know why, accept it: agentk pins accept --accept-identity --server-id ${id} --reason TEXT -- ...`;
  return new AgentkError("usage", `the server \`${id}\` is not the one in the lock: ${difference}`, {
    place: { file },
    hint,
  });
}

/** Of these servers, the names and hashes. */
export function pinsOf(servers: readonly LockedServer[]): Pins {
  const names = (items: readonly LockedDescriptor[]): Map<string, string> =>
    new Map(items.map(({ name, sha256 }) => [name, sha256]));
  return new Map(
    servers.map(({ id, tools, prompts, templates }) => [
      id,
      { tools: names(tools), prompts: names(prompts), templates: names(templates) },
    ]),
  );
}
