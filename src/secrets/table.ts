/** All providers of secrets, by name; one that is not here is none. */
import { err, type Result } from "../base/result.js";
import { awsSecretsManager } from "./aws-secrets-manager.js";
import { azureKeyVault } from "./azure-key-vault.js";
import type { SecretBackend, SecretReference } from "./backend.js";
import { command } from "./command.js";
import { env } from "./env.js";
import { file } from "./file.js";
import { gcpSecretManager } from "./gcp-secret-manager.js";
import { onepassword } from "./onepassword.js";
import { vault } from "./vault.js";

export const SECRET_BACKENDS: readonly SecretBackend[] = [
  ...[env, file, command],
  ...[awsSecretsManager, gcpSecretManager, azureKeyVault, vault, onepassword],
];

/** Characters that no reference of any provider has: they would mean a query, a second parameter, a second line. */
const FOREIGN = /[\p{C}\p{Zl}\p{Zp}?&]/u;

/** The reference of a known provider. The error says what is wrong and quotes nothing. */
export function readReference(provider: string, reference: string): Result<SecretReference, string> {
  const backend = SECRET_BACKENDS.find(({ name }) => name === provider);
  if (backend === undefined) return err("the provider is unknown");
  if (reference !== reference.trim()) return err("`reference` begins or ends with a space");
  if (FOREIGN.test(reference)) return err("`reference` holds a control character, `?` or `&`");
  return backend.read(reference);
}
