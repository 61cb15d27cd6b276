/** What a kind of secret store has to say: which references it can have, and whether the secret of one is there. */
import type { FileFacts, StoreAnswer, StoreRequest } from "../abi/secret-store.js";
import type { Result } from "../base/result.js";

/**
 * `missing`: the store says that it is not there, is empty, disabled or destroyed. `unsafe`: it is there, and others
 * can get at it. `denied`: the store does not let us ask. `unsupported`: nobody has said how to ask the store, or it has
 * no way to ask without reading the value. `unreachable`: no answer, or none that can be understood.
 */
export type SecretState = "available" | "missing" | "unsafe" | "denied" | "unsupported" | "unreachable";

/** All states, in the order in which reports count them. */
export const SECRET_STATES: readonly SecretState[] = [
  ...(["available", "missing", "unsafe"] as const),
  ...(["denied", "unsupported", "unreachable"] as const),
];

/** The world as the backends may see it. Nothing here hands over a secret's value, except `env`. */
export interface SecretWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970: requests to AWS are signed for a moment. */
  readonly now: () => number;
  /** `https:`, or `http:` on this machine; redirects come back as answers; undefined when there is no answer in time. */
  readonly ask: (request: StoreRequest) => Promise<StoreAnswer | undefined>;
  /** Undefined when there is none. */
  readonly fileFacts: (path: string) => FileFacts | undefined;
  /** The file that a command means, by its path or found in `PATH`, if we may run it. */
  readonly findCommand: (command: string) => string | undefined;
  /** Did this program end well, with something on stdout? Undefined when commands are not to be run. */
  readonly runs: ((path: string, args: readonly string[]) => Promise<boolean>) | undefined;
}

/** A reference whose shape is known. */
export interface SecretReference {
  /** Which of the provider's shapes it has. It is counted, so it must not hold a part of the reference. */
  readonly shape: string;
  /** INVARIANT: reads no value where the store has a way to ask without. Never rejects. */
  readonly look: (world: SecretWorld) => Promise<SecretState>;
}

export interface SecretBackend {
  /** As `provider` names it. */
  readonly name: string;
  /** Its secrets are on this machine; no store is asked over a network. */
  readonly isLocal: boolean;
  /** Pure. The error says what a reference should look like, and holds nothing of this one. */
  readonly read: (reference: string) => Result<SecretReference, string>;
}
