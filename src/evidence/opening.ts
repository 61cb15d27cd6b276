/** Making a reveal out of a journal's value: what is shown gets its salt, all else its digest. */
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import { commitmentOf, memberDigest, membersOf, saltOf, type Committed } from "./commitment.js";
import type { Opening, RevealedMember } from "./reveal.js";

/** `other-value`: the value is not what the line commits to. `whole`: it has no members that open alone. */
export type OpeningFault = "other-value" | "whole" | "no-member";

/** A value as the journal has it, and what stands for it in the log. */
export interface ToOpen extends Omit<Committed, "byMember"> {
  readonly commitment: string;
}

/**
 * Opens a value, or one member of it. INVARIANT: the salts of members that stay closed never leave this function, and
 * the run's secret neither.
 */
export function openingOf(digests: Digests, value: ToOpen, member: string | undefined): Result<Opening, OpeningFault> {
  const { commitment } = value;
  const members = membersOf(value.slot, value.canonical);
  if (members !== undefined && commitmentOf(digests, { ...value, byMember: true }) === commitment)
    return openMembers(digests, { ...value, members }, member);
  if (commitmentOf(digests, { ...value, byMember: false }) !== commitment) return err("other-value");
  if (member !== undefined) return err("whole");
  return ok({ whole: { canonical: value.canonical, salt: saltOf(digests, value) } });
}

function openMembers(
  digests: Digests,
  value: ToOpen & { readonly members: readonly string[] },
  wanted: string | undefined,
): Result<Opening, OpeningFault> {
  const members = value.members.map((text, index): RevealedMember => {
    const salt = saltOf(digests, value, index);
    const name = nameOf(text);
    if (wanted !== undefined && wanted !== name) return { digest: memberDigest(digests, salt, text) };
    return { name, canonical: text.slice(JSON.stringify(name).length + 1), salt };
  });
  return members.every((member) => "digest" in member) ? err("no-member") : ok({ members });
}

/** The name of a member, `"name":value`. INVARIANT: RFC 8785 writes a name as JSON.stringify does. */
function nameOf(member: string): string {
  let end = 1;
  while (end < member.length && member[end] !== '"') end += member[end] === "\\" ? 2 : 1;
  return JSON.parse(member.slice(0, end + 1)) as string;
}
