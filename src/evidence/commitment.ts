/**
 * What stands in a log for a value. Salts are derived from a secret that only the payload journal holds, so without it no
 * guess can be checked; and each member of an object has a salt of its own, so that one can be shown without the others.
 */
import { DOMAINS, type Digests } from "../base/digest.js";
import type { PayloadSlot } from "../abi/payload.js";

/** Objects with more members are committed to whole: each member costs two digests. */
export const MAX_MEMBERS = 64;

/** The values of calls. What comes back is mostly one text, and large. */
const BY_MEMBER: ReadonlySet<PayloadSlot> = new Set(["arguments", "sent", "subject"]);

export interface Committed {
  /** The run's, 32 bytes in hex. */
  readonly secret: string;
  readonly seq: number;
  readonly slot: PayloadSlot;
  /** RFC 8785 text. */
  readonly canonical: string;
  /** Whether the log's version commits to members one by one. */
  readonly byMember: boolean;
}

export function commitmentOf(digests: Digests, committed: Committed): string {
  const members = committed.byMember ? membersOf(committed.slot, committed.canonical) : undefined;
  if (members === undefined) return wholeDigest(digests, saltOf(digests, committed), committed.canonical);
  return groupDigest(
    digests,
    members.map((member, index) => memberDigest(digests, saltOf(digests, committed, index), member)),
  );
}

/** The salt of a value, or of one of its members. */
export function saltOf(
  digests: Digests,
  { secret, seq, slot }: Pick<Committed, "secret" | "seq" | "slot">,
  member?: number,
): string {
  const which = member === undefined ? "" : ` ${String(member)}`;
  return digests.hmacSha256Hex(secret, `${DOMAINS.salt}${String(seq)} ${slot}${which}`);
}

/** The commitment to a value that is committed to whole. */
export function wholeDigest(digests: Digests, salt: string, canonical: string): string {
  return digests.sha256Hex(`${DOMAINS.commitment}${salt}\n${canonical}`);
}

/** What stands for one member, `"name":value`, in the commitment to its object. */
export function memberDigest(digests: Digests, salt: string, member: string): string {
  return digests.sha256Hex(`${DOMAINS.member}${salt}\n${member}`);
}

/** The commitment to an object, from what stands for its members, in RFC 8785 order. */
export function groupDigest(digests: Digests, members: readonly string[]): string {
  return digests.sha256Hex(`${DOMAINS.members}${members.join("\n")}`);
}

/**
 * The members of an object as they stand in its RFC 8785 text; undefined for a value that is committed to whole.
 * One pass, nothing is parsed: in canonical text a quote within a string has a backslash before it.
 */
export function membersOf(slot: PayloadSlot, canonical: string): readonly string[] | undefined {
  if (!BY_MEMBER.has(slot) || canonical.length < 3 || !canonical.startsWith("{")) return undefined;
  const members: string[] = [];
  for (let start = 1; start < canonical.length;) {
    const end = endOfMember(canonical, start);
    if (members.length === MAX_MEMBERS) return undefined;
    members.push(canonical.slice(start, end));
    start = end + 1;
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;
/** What goes into an object or list, and what comes out of it. */
const DEPTHS: ReadonlyMap<number, number> = new Map([
  [0x7b, 1],
  [0x5b, 1],
  [CLOSE_BRACE, -1],
  [0x5d, -1],
]);

/** Where the comma or the brace stands that ends the member which begins here. */
function endOfMember(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (depth === 0 && (code === COMMA || code === CLOSE_BRACE)) return at;
    if (code === QUOTE) at = endOfString(text, at);
    else if (code >= 0x5b) depth += DEPTHS.get(code) ?? 0;
  }
  return text.length;
}

/** Where the string that begins here ends. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
