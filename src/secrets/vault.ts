/**
 * HashiCorp Vault's KV engines. Version 2 is asked for a secret's metadata, or its subkeys when a field is named;
 * version 1 for the list of the folder, and it has no way to tell the fields without their values.
 */
import type { StoreAnswer } from "../abi/secret-store.js";
import { err, ok } from "../base/result.js";
import { items, member, stateOfStatus } from "./answers.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";
import { setting, storeEndpoint, under } from "./endpoint.js";

const SEGMENT = "(?!\\.{1,2}(?:[/#]|$))[^/#\\s]+";
const REFERENCE = new RegExp(`^(${SEGMENT}(?:/${SEGMENT})+)(?:#([^/#\\s]+))?$`);

interface Place {
  readonly path: readonly string[];
  readonly field: string | undefined;
}

export const vault: SecretBackend = {
  name: "vault",
  isLocal: false,
  read: (reference) => {
    const [, path, field] = REFERENCE.exec(reference) ?? [];
    if (path === undefined) return err("`reference` must be MOUNT/PATH, and perhaps #FIELD");
    const place = { path: path.split("/"), field };
    return ok({ shape: field === undefined ? "path" : "field", look: (world) => look(world, place) });
  },
};

type Ask = (segments: readonly string[], query?: Readonly<Record<string, string>>) => Promise<StoreAnswer | undefined>;

async function look(world: SecretWorld, { path, field }: Place): Promise<SecretState> {
  const ask = askOf(world);
  if (ask === undefined) return "unsupported";
  const answer = await ask(["sys", "internal", "ui", "mounts", ...path]);
  const state = stateOfStatus(answer);
  if (state !== undefined) return state;
  const mount = mountOf(answer, path);
  if (mount === undefined) return "unreachable";
  const rest = path.slice(mount.length);
  if (member(answer?.json, "data", "type") !== "kv" || rest.length === 0) return "unsupported";
  if (member(answer?.json, "data", "options", "version") !== "2") return lookInFolder(ask, path, field);
  return field === undefined ? lookAtMetadata(ask, mount, rest) : lookAtSubkeys(ask, [mount, rest], field);
}

function askOf({ env, ask }: SecretWorld): Ask | undefined {
  const [address, token] = [setting(env, "VAULT_ADDR"), setting(env, "VAULT_TOKEN")];
  const endpoint = address === undefined ? undefined : storeEndpoint(address);
  if (endpoint === undefined || token === undefined) return undefined;
  const namespace = setting(env, "VAULT_NAMESPACE");
  const headers = {
    "x-vault-token": token,
    "x-vault-request": "true",
    ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
  };
  return (segments, query) => ask({ url: under(endpoint, ["v1", ...segments], query), headers });
}

/** The segments of the mount that holds the path; undefined when the answer's is not at the path's beginning. */
function mountOf(answer: StoreAnswer | undefined, path: readonly string[]): readonly string[] | undefined {
  const text = member(answer?.json, "data", "path");
  if (typeof text !== "string") return undefined;
  const mount = text.split("/").filter((segment) => segment !== "");
  return mount.length > 0 && mount.every((segment, i) => segment === path[i]) ? mount : undefined;
}

async function lookAtMetadata(ask: Ask, mount: readonly string[], rest: readonly string[]): Promise<SecretState> {
  const answer = await ask([...mount, "metadata", ...rest]);
  const state = stateOfStatus(answer);
  if (state !== undefined) return state;
  const current = member(answer?.json, "data", "current_version");
  if (typeof current !== "number") return "unreachable";
  return isThere(member(answer?.json, "data", "versions", String(current))) ? "available" : "missing";
}

async function lookAtSubkeys(
  ask: Ask,
  [mount, rest]: readonly [readonly string[], readonly string[]],
  field: string,
): Promise<SecretState> {
  const answer = await ask([...mount, "subkeys", ...rest], { depth: "1" });
  const state = stateOfStatus(answer);
  if (state !== undefined) return state;
  if (!isThere(member(answer?.json, "data", "metadata"))) return "missing";
  const keys = member(answer?.json, "data", "subkeys");
  return typeof keys === "object" && keys !== null && Object.hasOwn(keys, field) ? "available" : "missing";
}

function isThere(version: unknown): boolean {
  return member(version, "destroyed") === false && member(version, "deletion_time") === "";
}

async function lookInFolder(ask: Ask, path: readonly string[], field: string | undefined): Promise<SecretState> {
  if (field !== undefined) return "unsupported";
  const answer = await ask(path.slice(0, -1), { list: "true" });
  const state = stateOfStatus(answer);
  if (state !== undefined) return state;
  return items(member(answer?.json, "data", "keys")).includes(path.at(-1)) ? "available" : "missing";
}
