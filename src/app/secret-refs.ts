/** A manifest of secret references: read, its shapes counted, and each secret looked for in its store. */
import { MAX_SECRET_REFS_BYTES, SECRET_CHECKS_AT_ONCE } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { findCommand, pathFacts } from "../host/secret-files.js";
import { printsSomething } from "../host/secret-command.js";
import { storeClient } from "../host/store-client.js";
import type { PolicyFault } from "../policy/fault.js";
import { parseSecretRefs } from "../policy/secret-refs.js";
import type { SecretReference, SecretState, SecretWorld } from "../secrets/backend.js";
import { readReference, SECRET_BACKENDS } from "../secrets/table.js";
import { readTextFile } from "./text-file.js";

/** One secret of a manifest, without its name. */
export interface ManifestSecret {
  readonly provider: string;
  readonly isLocal: boolean;
  readonly reference: SecretReference;
}

/**
 * The secrets of a manifest, or all its faults.
 * @throws AgentkError `file-unreadable`
 */
export function readSecretRefs(file: string): Result<readonly ManifestSecret[], readonly PolicyFault[]> {
  const parsed = parseSecretRefs(readTextFile(file, MAX_SECRET_REFS_BYTES), (provider, reference) => {
    const read = readReference(provider, reference);
    return read.ok ? undefined : read.error;
  });
  if (!parsed.ok) return parsed;
  const secrets: ManifestSecret[] = [];
  for (const { provider, reference } of parsed.value) {
    const read = readReference(provider, reference);
    if (!read.ok) return err([{ line: 1, column: 1, problem: read.error }]);
    const isLocal = SECRET_BACKENDS.some(({ name, isLocal }) => name === provider && isLocal);
    secrets.push({ provider, isLocal, reference: read.value });
  }
  return ok(secrets);
}

/** The real world, as the backends may see it. */
export function secretWorld(env: NodeJS.ProcessEnv, mayRun: boolean): SecretWorld {
  return {
    env,
    now: Date.now,
    ask: storeClient(),
    fileFacts: pathFacts,
    findCommand: (command) => findCommand(command, env["PATH"] ?? ""),
    runs: mayRun ? (path, args) => printsSomething(path, args, env) : undefined,
  };
}

/** The state of each secret, in the order of the manifest. */
export async function lookForSecrets(
  secrets: readonly ManifestSecret[],
  world: SecretWorld,
): Promise<readonly SecretState[]> {
  const states: SecretState[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < secrets.length; at = next++)
      states[at] = (await secrets[at]?.reference.look(world)) ?? "unreachable";
  };
  await Promise.all(Array.from({ length: SECRET_CHECKS_AT_ONCE }, worker));
  return states;
}
