/**
 * Reveals, `agentk-reveal/1`: one committed value of one line of a log, with its salt, the line and the proof that the
 * line stands in the log. Of the other members of the same object there are digests only.
 */
import type { Digests } from "../base/digest.js";
import { utf8Bytes } from "../base/bytes.js";
import { CanonicalError, canonicalJson } from "../base/canonical.js";
import type { JsonValue } from "../base/json.js";
import { err, ok, type Result } from "../base/result.js";
import { integer, listOf, oneOf, optional, record, text, type Shape, type ShapeType } from "../base/shape.js";
import { parseStrictJson } from "../base/strict-json.js";
import type { FlightLine } from "../abi/event.js";
import { HEX64, PAYLOAD_SLOTS, type Commit } from "../abi/payload.js";
import type { CheckpointDeps } from "./checkpoint.js";
import { decodeLine } from "./codec.js";
import { groupDigest, MAX_MEMBERS, memberDigest, wholeDigest } from "./commitment.js";
import { commitIn } from "./committed-place.js";
import { checkProof, parseProofBundle, PROOF_FAULTS, type InclusionBundle, type ProofTrust } from "./proof-bundle.js";

export const REVEAL_FORMAT = "agentk-reveal/1";

/** A value at its longest (MAX_FRAME_BYTES of the journal), every second character of it escaped, and the rest. */
export const MAX_REVEAL_CHARS = 128 * 1024 * 1024;

const hash = text({ form: HEX64 });

/** A member that stays closed. */
const closedShape = record({ digest: hash });
/** A member that is shown: its name, the RFC 8785 text of its value, and the salt. */
const openShape = record({ name: text(), canonical: text(), salt: hash });
/** A value that was committed to whole. */
const wholeShape = record({ canonical: text(), salt: hash });

export type OpenMember = ShapeType<typeof openShape>;
export type RevealedMember = ShapeType<typeof closedShape> | OpenMember;

const memberShape: Shape<RevealedMember> = {
  check: (value, at) => (isClosed(value) ? closedShape : openShape).check(value, at),
};

/** Exactly one of the two: the members of an object in their order, or the whole value. */
const openingFields = { members: optional(listOf(memberShape, MAX_MEMBERS)), whole: optional(wholeShape) };
export type Opening = ShapeType<ReturnType<typeof record<typeof openingFields>>>;

/** Read by the rules of its own format, in parseReveal. */
const proofShape: Shape<InclusionBundle> = { check: () => undefined };

const revealShape = record({
  format: oneOf([REVEAL_FORMAT]),
  run: text({ form: /^[0-9TZ]{16}-[0-9a-f]{12}$/ }),
  seq: integer(),
  slot: oneOf(PAYLOAD_SLOTS),
  ...openingFields,
  proof: proofShape,
});
export type Reveal = ShapeType<typeof revealShape>;

/** What can be wrong with a reveal that is of the right form: each names the step that fails. */
export const REVEAL_FAULTS = {
  "line-invalid": "the line is not one that a recorder writes, or does not hash to the digest it states",
  "line-differs": "the line has another number than the file and its proof say",
  "no-commitment": "the line commits to no value in this slot",
  "value-differs": "the value, its salt and the digests beside it do not lead to the commitment in the line",
  "run-differs": "the checkpoint, or the line itself, is of another run than the file says",
  ...PROOF_FAULTS,
} as const;

export type RevealFault = keyof typeof REVEAL_FAULTS;

export interface RevealReport {
  readonly ok: boolean;
  /** In the order of the steps. */
  readonly faults: readonly RevealFault[];
  readonly reveal: Reveal;
  /** The line, when it could be read. */
  readonly line: FlightLine | undefined;
  readonly publicKey: string;
  /** Did the verifier bring the key? The one in the file proves only that one key signed it all. */
  readonly isPinned: boolean;
}

/** Reads a reveal strictly. The error is the end of a sentence. Attacker-controlled: all of it. */
export function parseReveal(source: string): Result<Reveal, string> {
  if (source.length > MAX_REVEAL_CHARS) return err(`is longer than ${String(MAX_REVEAL_CHARS)} characters`);
  const read = parseStrictJson(source);
  if (!read.ok) return err("is not JSON that can be read in one way only");
  const value: unknown = read.value.value;
  const fault = revealShape.check(value, "");
  if (fault !== undefined) return err(`is no ${REVEAL_FORMAT}: ${fault.path.slice(0, 64)} ${fault.problem}`);
  const reveal = value as Reveal;
  if ((reveal.members === undefined) === (reveal.whole === undefined))
    return err(`is no ${REVEAL_FORMAT}: it has not exactly one of /members and /whole`);
  if (openedIn(reveal).length === 0) return err("reveals nothing");
  if (!openedIn(reveal).every(({ canonical }) => isCanonical(canonical)))
    return err("has a value that is not RFC 8785 text");
  const proof = parseProofBundle(JSON.stringify(reveal.proof));
  if (!proof.ok) return err(`has a /proof that ${proof.error}`);
  return proof.value.kind === "inclusion" ? ok(reveal) : err("has a /proof of something else than a line");
}

/** Checks all that a reveal claims: value, salt, commitment, line, its place in the tree, the signed head. */
export function checkReveal(deps: CheckpointDeps, reveal: Reveal, trust: ProofTrust = {}): RevealReport {
  const { proof, seq } = reveal;
  const decoded = decodeLine(deps.digests, proof.line);
  const line = decoded.ok ? decoded.value : undefined;
  const proved = checkProof(deps, proof, trust);
  const faults: RevealFault[] = line === undefined ? ["line-invalid"] : [...valueFaults(deps.digests, reveal, line)];
  if (proof.index !== seq || (line !== undefined && line.seq !== seq)) faults.push("line-differs");
  const runs = [proved.run, line?.type === "open" ? line.value.run : undefined];
  if (runs.some((run) => run !== undefined && run !== reveal.run)) faults.push("run-differs");
  faults.push(...proved.faults);
  const { publicKey, isPinned } = proved;
  return { ok: faults.length === 0, faults, reveal, line, publicKey, isPinned };
}

function* valueFaults(digests: Digests, reveal: Reveal, line: FlightLine): Generator<RevealFault> {
  const commit = commitIn(line, reveal.slot);
  if (commit === undefined) yield "no-commitment";
  else if (!leadsTo(digests, reveal, commit)) yield "value-differs";
}

function leadsTo(digests: Digests, { members, whole }: Reveal, commit: Commit): boolean {
  if (whole !== undefined)
    return (
      utf8Bytes(whole.canonical).length === commit.bytes &&
      wholeDigest(digests, whole.salt, whole.canonical) === commit.commitment
    );
  const group = (members ?? []).map((member) =>
    "digest" in member ? member.digest : memberDigest(digests, member.salt, memberText(member)),
  );
  return groupDigest(digests, group) === commit.commitment;
}

/** A member as it stands in the RFC 8785 text of its object. */
export function memberText({ name, canonical }: Pick<OpenMember, "name" | "canonical">): string {
  return `${JSON.stringify(name)}:${canonical}`;
}

/** What is shown: a value, or members with their names. */
export function openedIn({
  members,
  whole,
}: Opening): readonly { readonly name?: string; readonly canonical: string }[] {
  if (whole !== undefined) return [whole];
  return (members ?? []).filter((member): member is OpenMember => !("digest" in member));
}

function isClosed(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "digest");
}

/** Not by the strict reader: it refuses integers beyond 2^53, which is how RFC 8785 writes 1e20. */
function isCanonical(canonical: string): boolean {
  try {
    return canonicalJson(JSON.parse(canonical) as JsonValue) === canonical;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof CanonicalError) return false;
    throw error;
  }
}
