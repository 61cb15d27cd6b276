/** Azure Key Vault, by name or by URL: asked for the list of the secret's versions, which holds no value. */
import type { StoreAnswer } from "../abi/secret-store.js";
import { err, ok } from "../base/result.js";
import { items, member, stateOfStatus } from "./answers.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";
import { setting, storeEndpoint, under } from "./endpoint.js";

const VAULT = "(?=[A-Za-z0-9-]{3,24}[./])[A-Za-z](?:-?[A-Za-z0-9])+";
const SECRET = "[A-Za-z0-9-]{1,127}";
const SHORT = new RegExp(`^(${VAULT})/(${SECRET})$`);
const LONG = new RegExp(`^https://(${VAULT})\\.vault\\.azure\\.net/secrets/(${SECRET})(?:/([0-9a-f]{32}))?$`);
const API_VERSION = "7.4";
/** A secret with more versions than that many pages hold is looked through no further. */
const MAX_PAGES = 20;

interface Place {
  readonly vault: string;
  readonly secret: string;
  readonly version: string | undefined;
}

export const azureKeyVault: SecretBackend = {
  name: "azure-key-vault",
  isLocal: false,
  read: (reference) => {
    const short = SHORT.exec(reference);
    const [whole, vault = "", secret = "", version] = short ?? LONG.exec(reference) ?? [];
    if (whole === undefined)
      return err("`reference` must be VAULT/SECRET or https://VAULT.vault.azure.net/secrets/SECRET, perhaps /VERSION");
    const place = { vault, secret, version };
    return ok({ shape: short === null ? "url" : "name", look: (world) => look(world, place) });
  },
};

async function look(world: SecretWorld, { vault, secret, version }: Place): Promise<SecretState> {
  const token = setting(world.env, "AZURE_ACCESS_TOKEN");
  const given = setting(world.env, "AGENTK_AZURE_VAULT_URL");
  const endpoint = storeEndpoint(given ?? `https://${vault.toLowerCase()}.vault.azure.net/`);
  if (token === undefined || endpoint === undefined) return "unsupported";
  const headers = { authorization: `Bearer ${token}` };
  const first = under(endpoint, ["secrets", secret, "versions"], { "api-version": API_VERSION });
  let url: URL | undefined = first;
  for (let page = 0; page < MAX_PAGES && url !== undefined; page++) {
    const answer = await world.ask({ url, headers });
    const state = stateOfStatus(answer) ?? stateOfPage(answer, version, world.now());
    if (state !== undefined) return state;
    url = nextPage(answer, first);
  }
  return url === undefined ? "missing" : "unreachable";
}

/** Undefined: not on this page. */
function stateOfPage(
  answer: StoreAnswer | undefined,
  version: string | undefined,
  now: number,
): SecretState | undefined {
  if (!Array.isArray(member(answer?.json, "value"))) return "unreachable";
  const versions = items(member(answer?.json, "value"));
  if (version === undefined) return versions.some((one) => isUsable(one, now)) ? "available" : undefined;
  const found = versions.find((one) => String(member(one, "id")).endsWith(`/${version}`));
  if (found === undefined) return undefined;
  return isUsable(found, now) ? "available" : "missing";
}

/** Enabled, and within its times (seconds since 1970). */
function isUsable(version: unknown, now: number): boolean {
  const [enabled, from, to] = ["enabled", "nbf", "exp"].map((key) => member(version, "attributes", key));
  const isStarted = typeof from !== "number" || from * 1000 <= now;
  return enabled === true && isStarted && (typeof to !== "number" || now < to * 1000);
}

/** Attacker-controlled: the link. The token goes on only to the list that was asked for. */
function nextPage(answer: StoreAnswer | undefined, first: URL): URL | undefined {
  const link = member(answer?.json, "nextLink");
  if (typeof link !== "string" || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  return url.origin === first.origin && url.pathname === first.pathname ? url : undefined;
}
