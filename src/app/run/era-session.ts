/** The session of one connection, with what this machine gives it: a clock, randomness and digests. */
import { nodeDigests } from "../../host/digests.js";
import { nonce } from "../../host/entropy.js";
import { EraSession, type EraSessionOptions } from "../../mcp/modern/era-session.js";
import { Retries } from "../../mcp/modern/retry.js";

export interface MadeSession {
  readonly session: EraSession;
  readonly retries: Retries;
}

export function createEraSession(options: Omit<EraSessionOptions, "retries">): MadeSession {
  const now = (): number => performance.now();
  const retries = new Retries({
    nonce,
    now,
    digests: nodeDigests,
    onExpired: ({ questions }) => {
      for (const { waiting } of questions) waiting?.ended("timeout");
    },
  });
  return { session: new EraSession({ tasks: { nonce, now }, ...options, retries }), retries };
}
