/** What `agentk pins` has to say, as text and as JSON. */
import type { DescriptorList } from "../abi/descriptors.js";
import type { PinChange, PinsDiff } from "../abi/pin-changes.js";
import { visible } from "../evidence/visible.js";
import type { Lock, LockedServer } from "../policy/lock.js";
import { reportJson } from "./json.js";
import { memberChanges } from "./pins-diff.js";
import { plainPaint, type Paint } from "./style.js";

const WHAT: Readonly<Record<DescriptorList, string>> = { tools: "tool", prompts: "prompt", templates: "template" };
const SAYS: Readonly<Record<PinChange["change"], string>> = {
  new: "is not in the lock",
  changed: "is not what was accepted",
  gone: "is in the lock and no longer listed",
  twice: "is listed more than once",
};

export function hasDifference({ identity, changes }: PinsDiff): boolean {
  return identity.length + changes.length > 0;
}

/** A difference is told in words as well as in colours. */
export function diffText(diff: PinsDiff, paint: Paint = plainPaint): string {
  const { server, identity, changes, unchanged } = diff;
  const head = hasDifference(diff)
    ? paint.bad(`${visible(server)} differs from the lock: ${String(identity.length + changes.length)} changed`)
    : paint.good(`${visible(server)} is as the lock says`);
  return [
    `${head}, ${String(unchanged)} unchanged`,
    ...identity.map((difference) => paint.bad(`server: ${visible(difference)}`)),
    ...changes.flatMap((change) => changeLines(change, paint)),
    "",
  ].join("\n");
}

function changeLines({ list, name, change, before, after, flags }: PinChange, paint: Paint): readonly string[] {
  const warning = flags.length === 0 ? [] : [paint.warn(`  beware: ${flags.map(visible).join(", ")}`)];
  const members = memberChanges(before, after).flatMap((member) => [
    `  ${member.path === "" ? "/" : member.path}`,
    ...(member.before === undefined ? [] : [paint.bad(`    - ${member.before}`)]),
    ...(member.after === undefined ? [] : [paint.good(`    + ${member.after}`)]),
  ]);
  return ["", paint.title(`${WHAT[list]} ${visible(name)} ${SAYS[change]} (${change})`), ...warning, ...members];
}

export function diffJson(diff: PinsDiff): string {
  const { server, identity, changes, unchanged } = diff;
  const rows = changes.map(({ list, name, change, before, after, flags }) => ({
    ...{ list, name, change, flags },
    members: memberChanges(before, after).map((member) => ({
      path: member.path,
      before: member.before ?? null,
      after: member.after ?? null,
    })),
  }));
  const ok = !hasDifference(diff);
  return `${reportJson({ format: "agentk-pins-diff/1", ok, server, identity, unchanged, changes: rows })}\n`;
}

/** What the lock holds, a line an entry. */
export function listText({ servers }: Lock, paint: Paint = plainPaint): string {
  return servers.flatMap((server) => [...serverLines(server, paint), ""]).join("\n");
}

function serverLines(server: LockedServer, paint: Paint): readonly string[] {
  const entries = (["tools", "prompts", "templates"] as const).flatMap((list) =>
    server[list].map(
      ({ name, sha256, accepted, reason }) =>
        `  ${WHAT[list]} ${visible(name)} ${sha256.slice(0, 12)} accepted ${accepted}: ${visible(reason)}`,
    ),
  );
  return [paint.title(visible(server.id)), `  ${visible(JSON.stringify(server.command))}`, ...entries];
}

export function listJson({ servers }: Lock): string {
  return `${reportJson({ format: "agentk-pins-list/1", servers: servers.map(rowOf) })}\n`;
}

function rowOf(server: LockedServer): object {
  const { id, command, package: named, binarySha256, protocol } = server;
  const names = (list: DescriptorList): readonly object[] =>
    server[list].map(({ name, sha256, accepted, reason }) => ({ name, sha256, accepted, reason }));
  return {
    ...{ id, command, package: named ?? null, binary_sha256: binarySha256 ?? null, protocol: protocol ?? null },
    ...{ tools: names("tools"), prompts: names("prompts"), templates: names("templates") },
  };
}

/** What `pins init` made. */
export function initText(file: string, { id, tools, prompts, templates }: LockedServer): string {
  const count = (items: readonly unknown[], what: string): string =>
    `${String(items.length)} ${what}${items.length === 1 ? "" : "s"}`;
  const all = [count(tools, "tool"), count(prompts, "prompt"), count(templates, "template")].join(", ");
  return `${visible(file)}: ${all} of ${visible(id)} accepted\nRead it before you commit it.\n`;
}
