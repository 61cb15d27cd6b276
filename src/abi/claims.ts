/**
 * What agentk claims, each with an id that tests cite (`// Claim: M1` above a test) and with what the claim does not say.
 * docs/threat-model.md is printed from it; `agentk compliance` fails on a claim that no test cites.
 */
export interface Claim {
  readonly says: string;
  /** What somebody could take the claim to mean and must not. */
  readonly butNot: string;
}

export const CLAIMS = {
  M1: {
    says: "no call reaches the server that the policy in force does not allow",
    butNot: "what the server does by itself: agentk is no sandbox",
  },
  M2: {
    says: "no message of a method without a contract passes, in either direction and in any revision of MCP",
    butNot: "that what a contract lets through is harmless; that is the policy's to say",
  },
  M3: {
    says: "a message that two readers could understand differently is refused; what is forwarded is what was judged",
    butNot: "how the server understands plain text",
  },
  M4: {
    says: "no change of any leaf of a message gets past the judgement of it",
    butNot: "`clientInfo`, what a client calls itself, which passes without a decision",
  },
  A1: {
    says: "what a client, server or model says about itself grants nothing; a claimed label can only raise",
    butNot: "the user's words, for a policy that names a channel which others can write as well",
  },
  A2: {
    says: "the last rule is a denial, and no policy can weaken it",
    butNot: "that an allow-all rule before it is refused: it is warned of",
  },
  A3: {
    says: "a policy, lock or key that is not in order starts nothing, and says where the fault is",
    butNot: "that a policy in order is a good one",
  },
  A4: {
    says: "what a policy would ask a human about does not happen while nobody can be asked",
    butNot: "approvals in a live run, which are not built yet",
  },
  T1: {
    says: "what the session was handed taints its later calls, whatever the client declares, hides or grants itself",
    butNot: "what the agent read around agentk",
  },
  T2: {
    says: "labels only join; nothing lowers one but an operator's release, which is a line of the log",
    butNot: "whoever can write the control socket, if the policy opens it",
  },
  T3: {
    says: "what one server returned counts for calls to every other one behind the same gateway",
    butNot: "two gateways, or a client with a second server around agentk",
  },
  T4: {
    says: "a page with signs of an attack on the agent raises the session, also behind invisible and look-alike characters",
    butNot: "finding every such page: detectors are patterns, and paraphrase gets past them",
  },
  P1: {
    says: "a value that a rule protects passes only where it was found whole in the user's or in trusted words",
    butNot: "a user who repeats an attacker's value",
  },
  P2: {
    says: "hiding or encoding a value takes its origin away and never gives it one",
    butNot: "that rules which only forbid bad origins hold hidden values; rules that demand one do",
  },
  E1: {
    says: "a decision is recorded before its effect, also when the process is killed at any moment",
    butNot: "a disk that lies about having written",
  },
  E2: {
    says: "a log that was cut, edited, reordered or stripped of signatures does not verify under the operator's key",
    butNot: "omission by whoever holds the key",
  },
  E3: {
    says: "a second verifier, in another language and without our code, comes to the same verdicts",
    butNot: "pruned logs, which it does not read",
  },
  E4: {
    says: "a recorded run replays through the same kernel to the same bytes, and touches nothing",
    butNot: "that the recorded decision was a good one",
  },
  E5: {
    says: "the log holds commitments to values and not the values",
    butNot: "names, sizes, times and places, which it does hold",
  },
  E6: {
    says: "nothing begins without a signed receipt for exactly it, and a receipt works once",
    butNot: "what the server does with the call",
  },
  E7: {
    says: "two histories of one run are found by a witness, or by a head that was kept elsewhere",
    butNot: "a run of which nobody was ever shown a head",
  },
  K1: {
    says: "a key that cannot be used is an error; there is no other key to fall back to, and published ones are refused",
    butNot: "a thief of the key file",
  },
  K2: {
    says: "keys change by both signatures, and a revoked or expired one vouches for nothing from then on",
    butNot: "a thief who rotates first",
  },
  B1: {
    says: "a server gets of the environment what is named, and none of agentk's files",
    butNot: "what it can read from the disk as the same user",
  },
  B2: {
    says: "no text of a server's errors, stderr or unlisted messages reaches the client",
    butNot: "results that the policy lets through",
  },
  B3: {
    says: "a descriptor that is poisoned, shadows another's, has changed or is not in the lock is neither shown nor called",
    butNot: "a tool that does something else under the descriptor it had",
  },
  B4: {
    says: "a server's questions to the user, the model or the client are closed until the policy opens them",
    butNot: "to whom a client shows a question that was let through",
  },
  B5: {
    says: "a server that hangs, dies, floods or lies harms only its own calls",
    butNot: "the machine: a server may use all the memory and time that its user may",
  },
  N1: {
    says: "a network listener is for this machine alone and needs a token, unless the operator says otherwise",
    butNot: "TLS, which a proxy before it must give",
  },
  F1: {
    says: "a full disk, a closed log or a failed signature denies; nothing that was recorded is lost",
    butNot: "a machine that is switched off before the disk has what it was given",
  },
} as const satisfies Record<string, Claim>;

export type ClaimId = keyof typeof CLAIMS;
export const CLAIM_IDS = Object.keys(CLAIMS) as readonly ClaimId[];

export function isClaimId(text: string): text is ClaimId {
  return Object.hasOwn(CLAIMS, text);
}

/** A test that cites a claim. */
export interface Citation {
  /** Below the checkout, with slashes. */
  readonly file: string;
  /** 1-based: the line under the citation, where the test stands. */
  readonly line: number;
  readonly title: string;
}

/** A citation that names no claim, or stands above no test. */
export interface StrayCitation {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

export interface Citations {
  readonly byClaim: ReadonlyMap<ClaimId, readonly Citation[]>;
  readonly strays: readonly StrayCitation[];
}
