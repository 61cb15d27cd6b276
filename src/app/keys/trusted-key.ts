/** One public key that a command is told to trust. */
import { AgentkError } from "../../base/errors.js";
import { keyFault } from "../../evidence/ed25519.js";

/** The key itself, in hex. @throws AgentkError `usage` for what is no key, or one with which everybody can sign. */
export function trustedKey(publicKeyHex: string): string {
  const fault = keyFault(publicKeyHex);
  if (fault === undefined) return publicKeyHex;
  throw new AgentkError("usage", `the key \`${publicKeyHex.slice(0, 80)}\` ${fault}`, {
    hint: "`agentk signing-key` shows the public key of a signer",
  });
}
