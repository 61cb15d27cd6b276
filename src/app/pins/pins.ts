/** `agentk pins`: a server asked for its descriptors, and what it says held against the lock. */
import { chmodSync, existsSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import { MAX_DESCRIPTOR_CHARS } from "../../base/limits.js";
import { DESCRIPTOR_LISTS, type DescriptorList } from "../../abi/descriptors.js";
import type { PinChange, PinsDiff } from "../../abi/pin-changes.js";
import { childEnvironment } from "../../host/child-environment.js";
import { nodeDigests } from "../../host/digests.js";
import { replaceFile } from "../../host/whole-file.js";
import { NO_LISTING, nameIn } from "../../kernel/descriptors.js";
import { formatPins } from "../../kernel/pins.js";
import { withheldOf, indexesOf } from "../../kernel/withhold.js";
import { compileSchema } from "../../mcp/schema-check.js";
import { hashesOf, parseLock, type Lock, type LockedDescriptor, type LockedServer } from "../../policy/lock.js";
import { signsOf } from "../../mmu/detectors.js";
import { identityDifferences, identityOf } from "./identity.js";
import { pinsOf, readLock } from "./lock-file.js";
import { probeDescriptors } from "./probe-server.js";

export interface PinsServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly allowEnv: readonly string[];
  readonly serverId: string;
}

/** One descriptor as a server lists it now, with what speaks against it. */
export interface Offered {
  readonly list: DescriptorList;
  readonly name: string;
  readonly descriptor: JsonObject;
  /** `poisoned`, `shadowing`, a sign, `input schema: remote-ref`: whoever accepts it must say so. */
  readonly flags: readonly string[];
}

/** What a server says now. @throws AgentkError when it does not start or answer. */
export async function offeredBy(server: PinsServer): Promise<{ offered: readonly Offered[]; protocol: string }> {
  const env = childEnvironment(server.env, server.allowEnv);
  if (!env.ok) throw new AgentkError("usage", env.error);
  const { command, args } = server;
  const { protocol, ...lists } = await probeDescriptors({ command, args, env: env.value });
  const offered = await Promise.all(DESCRIPTOR_LISTS.map((list) => offeredIn(list, lists[list], server.serverId)));
  return { offered: offered.flat(), protocol };
}

const MEMBERS = { tools: "tools", prompts: "prompts", templates: "resourceTemplates" } as const;

async function offeredIn(
  list: DescriptorList,
  descriptors: readonly JsonObject[],
  server: string,
): Promise<readonly Offered[]> {
  const listings = new Map([[server, NO_LISTING]]);
  const page = { list, server, pins: undefined, listings, digests: nodeDigests };
  const withheld = withheldOf(page, { [MEMBERS[list]]: descriptors });
  const reasons = new Map([...indexesOf(withheld)].map((index, at) => [index, withheld[at]?.reason]));
  const offered = descriptors.map(async (descriptor, index) => {
    const reason = reasons.get(index);
    const flags = [
      ...(reason === undefined ? [] : [reason]),
      ...signsOf(canonicalJson(descriptor)),
      ...(await schemaFlags(descriptor)),
    ];
    return { list, name: nameIn(list, descriptor) ?? "", descriptor, flags };
  });
  return Promise.all(offered);
}

async function schemaFlags({ inputSchema, outputSchema }: JsonObject): Promise<readonly string[]> {
  const [input, output] = await Promise.all([compileSchema(inputSchema), compileSchema(outputSchema)]);
  return [
    ...(input !== undefined && "fault" in input ? [`input schema: ${input.fault}`] : []),
    ...(output !== undefined && "fault" in output ? [`output schema: ${output.fault}`] : []),
  ];
}

/** The server of the lock. @throws AgentkError `usage` when it has none of this id. */
export function lockedServer(lock: Lock, file: string, id: string): LockedServer {
  const locked = lock.servers.find((server) => server.id === id);
  if (locked !== undefined) return locked;
  const hint = "begin with `agentk pins init`, or name another with `--server-id`";
  throw new AgentkError("usage", `the lock has no server \`${id}\``, { place: { file }, hint });
}

/** What differs between the lock and the server as it is now. */
export async function diffPins(file: string, server: PinsServer): Promise<PinsDiff> {
  const locked = lockedServer(readLock(file), file, server.serverId);
  const { offered } = await offeredBy(server);
  return diffOf(locked, offered, identityDifferences(locked, identityOf(server)));
}

export function diffOf(locked: LockedServer, offered: readonly Offered[], identity: readonly string[]): PinsDiff {
  const changes: PinChange[] = [];
  let unchanged = 0;
  const seen = new Set<string>();
  for (const { list, name, descriptor, flags } of offered) {
    const before = locked[list].find((item) => item.name === name)?.descriptor;
    const after = canonicalJson(descriptor);
    const key = `${list} ${name}`;
    const change = seen.has(key) ? "twice" : before === undefined ? "new" : before === after ? undefined : "changed";
    seen.add(key);
    if (change === undefined) unchanged++;
    else changes.push({ list, name, change, before, after, flags });
  }
  for (const list of DESCRIPTOR_LISTS) {
    for (const { name, descriptor } of locked[list]) {
      if (!seen.has(`${list} ${name}`))
        changes.push({ list, name, change: "gone", before: descriptor, after: undefined, flags: [] });
    }
  }
  return { server: locked.id, identity, changes, unchanged };
}

export interface Acceptance {
  readonly reason: string;
  /** RFC 3339. */
  readonly accepted: string;
  /** Names that are accepted although something speaks against them. */
  readonly flagged: readonly string[];
}

/** Writes the first lock of a server: all that it lists, nothing flagged unless it is named. */
export async function initPins(
  file: string,
  server: PinsServer,
  how: Acceptance,
  text: LockText,
): Promise<LockedServer> {
  const lock = existsSync(file) ? readLock(file) : { servers: [] };
  if (lock.servers.some(({ id }) => id === server.serverId)) {
    const hint = "`agentk pins diff` shows what has changed, `agentk pins accept NAME` takes one change over";
    throw new AgentkError("file-exists", `the lock has server \`${server.serverId}\` already`, {
      place: { file },
      hint,
    });
  }
  const { offered, protocol } = await offeredBy(server);
  refuseFlagged(offered, how.flagged);
  const lists = (list: DescriptorList): readonly LockedDescriptor[] =>
    offered.filter((one) => one.list === list).map((one) => accept(one, how));
  const made: LockedServer = {
    id: server.serverId,
    ...identityOf(server),
    ...(protocol === "" ? {} : { protocol }),
    ...{ tools: lists("tools"), prompts: lists("prompts"), templates: lists("templates") },
  };
  write(file, { servers: [...lock.servers, made] }, text);
  return made;
}

function refuseFlagged(offered: readonly Offered[], accepted: readonly string[]): void {
  const flagged = offered.filter(({ name, flags }) => flags.length > 0 && !accepted.includes(name));
  const [first] = flagged;
  if (first === undefined) return;
  const names = flagged.map(({ name, flags }) => `\`${name.slice(0, 80)}\` (${flags.join(", ")})`).join("; ");
  throw new AgentkError("usage", `nothing was accepted, for something speaks against: ${names.slice(0, 2000)}`, {
    hint: "read these descriptors; to accept one all the same: `--accept-flagged NAME`",
  });
}

function accept({ name, descriptor }: Offered, { accepted, reason }: Acceptance): LockedDescriptor {
  const text = canonicalJson(descriptor);
  if (text.length > MAX_DESCRIPTOR_CHARS)
    throw new AgentkError("usage", `the descriptor of \`${name.slice(0, 80)}\` is too large for a lock`);
  const { sha256, input_schema_sha256, output_schema_sha256 } = hashesOf(descriptor, nodeDigests);
  return {
    ...{ name, sha256, accepted, reason, descriptor: text },
    ...(input_schema_sha256 === undefined ? {} : { inputSchemaSha256: input_schema_sha256 }),
    ...(output_schema_sha256 === undefined ? {} : { outputSchemaSha256: output_schema_sha256 }),
  };
}

/** What is to be accepted: one descriptor by its name, or who the server is. */
export type Accepted = { readonly name: string; readonly list?: DescriptorList | undefined } | "identity";

/** Takes one change over into the lock, and gives it back. Nothing else of the lock changes. */
export async function acceptPin(
  file: string,
  server: PinsServer,
  { what, text, ...how }: Acceptance & { readonly what: Accepted; readonly text: LockText },
): Promise<PinsDiff> {
  const lock = readLock(file);
  const locked = lockedServer(lock, file, server.serverId);
  const put = (changed: LockedServer): void => {
    write(file, { servers: lock.servers.map((one) => (one === locked ? changed : one)) }, text);
  };
  if (what === "identity") {
    const now = identityOf(server);
    const identity = identityDifferences(locked, now);
    const { tools, prompts, templates, protocol, id } = locked;
    put({ id, ...now, ...(protocol === undefined ? {} : { protocol }), tools, prompts, templates });
    return { server: id, identity, changes: [], unchanged: 0 };
  }
  const { offered } = await offeredBy(server);
  const change = changeNamed(diffOf(locked, offered, []), what);
  const now = offered.filter(({ list, name }) => list === change.list && name === change.name);
  refuseFlagged(now, how.flagged);
  const others = locked[change.list].filter(({ name }) => name !== change.name);
  const [one] = now;
  const items = one === undefined ? others : inPlace(locked[change.list], accept(one, how));
  put({ ...locked, [change.list]: items });
  return { server: locked.id, identity: [], changes: [change], unchanged: 0 };
}

function inPlace(items: readonly LockedDescriptor[], made: LockedDescriptor): readonly LockedDescriptor[] {
  const isThere = items.some(({ name }) => name === made.name);
  return isThere ? items.map((item) => (item.name === made.name ? made : item)) : [...items, made];
}

function changeNamed(
  { changes }: PinsDiff,
  { name, list }: { name: string; list?: DescriptorList | undefined },
): PinChange {
  const found = changes.filter((change) => change.name === name && (list === undefined || change.list === list));
  const [first] = found;
  if (first === undefined)
    throw new AgentkError("usage", `nothing called \`${name.slice(0, 80)}\` differs from the lock`, {
      hint: "see `agentk pins diff`",
    });
  if (found.some(({ change }) => change === "twice"))
    throw new AgentkError("usage", `the server lists \`${name.slice(0, 80)}\` twice: none of them can be accepted`);
  if (found.length > 1)
    throw new AgentkError("usage", `more than one list has \`${name.slice(0, 80)}\``, {
      hint: "say which with `--list tools`, `prompts` or `templates`",
    });
  return first;
}

type LockText = (lock: Lock) => string;

/** INVARIANT: what is written is read back first, as the next run will read it, and its pins fit a line of the log. */
function write(file: string, lock: Lock, text: LockText): void {
  const source = text(lock);
  const parsed = parseLock(source, nodeDigests);
  if (!parsed.ok) {
    const [fault] = parsed.error;
    const why = fault === undefined ? "unknown" : `line ${String(fault.line)}: ${fault.problem}`;
    throw new AgentkError("usage", `what the server lists does not fit a lock (${why})`, { place: { file } });
  }
  for (const server of lock.servers) formatPins(pinsOf([server]));
  replaceFile(file, source);
  // No secret: it is committed beside the code.
  chmodSync(file, 0o644);
}
