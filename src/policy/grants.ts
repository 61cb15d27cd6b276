/** `[[grants]]`: the rights that the operator gives, and which of them covers a call now. */
import type { SyscallName } from "../abi/syscalls.js";
import type { PolicyGrant } from "./ast.js";
import { compileExpiry } from "./expiry.js";
import { compileGlob } from "./glob.js";

/** What a grant is asked about; a policy's question is one. */
export interface GrantClaim {
  readonly kind: SyscallName;
  readonly target: string;
  readonly agent: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wall_ms: number;
  /** Uses in this run, by the grant's index in the document. */
  readonly grantsUsed: ReadonlyMap<number, number>;
}

/** The index of the first live grant that covers a call: not used up, not expired. What a caller claims counts for nothing. */
export type FindGrant = (claim: GrantClaim) => number | undefined;

interface CompiledGrant {
  readonly index: number;
  readonly covers: (claim: GrantClaim) => boolean;
}

export function compileGrants(grants: readonly PolicyGrant[]): FindGrant {
  const byKind = new Map<SyscallName, CompiledGrant[]>();
  grants.forEach((grant, index) => {
    const { kind } = grant.capability;
    const list = byKind.get(kind) ?? [];
    byKind.set(kind, list);
    list.push({ index, covers: compileGrant(grant, index) });
  });
  return (claim) => byKind.get(claim.kind)?.find(({ covers }) => covers(claim))?.index;
}

function compileGrant(grant: PolicyGrant, index: number): (claim: GrantClaim) => boolean {
  const isTarget = compileGlob(grant.capability.target);
  const isAgent = compileGlob(grant.agent ?? "*");
  const isExpired = compileExpiry(grant.expires);
  const uses = grant.uses ?? Infinity;
  return ({ target, agent, wall_ms, grantsUsed }) =>
    isTarget(target) && isAgent(agent) && (grantsUsed.get(index) ?? 0) < uses && !isExpired(wall_ms);
}
