/** 1Password through a Connect server: asked for the vault and the item. Its fields come with their values, so not for them. */
import { err, ok, type Result } from "../base/result.js";
import { items, member, stateOfStatus } from "./answers.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";
import { setting, storeEndpoint, under } from "./endpoint.js";

/** No quotes and backslashes: a name goes into a filter. */
const PART = '[^/"\\\\]+';
const REFERENCE = new RegExp(`^op://(${PART})/(${PART})(/${PART})?/${PART}$`);
/** What 1Password's own ids look like. */
const ID = /^[a-z0-9]{26}$/;

export const onepassword: SecretBackend = {
  name: "onepassword",
  isLocal: false,
  read: (reference) => {
    const [whole, vault = "", item = "", section] = REFERENCE.exec(reference) ?? [];
    if (whole === undefined) return err("`reference` must be op://VAULT/ITEM/FIELD or op://VAULT/ITEM/SECTION/FIELD");
    return ok({ shape: section === undefined ? "field" : "section", look: (world) => look(world, vault, item) });
  },
};

async function look(world: SecretWorld, vaultName: string, itemName: string): Promise<SecretState> {
  const host = setting(world.env, "OP_CONNECT_HOST");
  const token = setting(world.env, "OP_CONNECT_TOKEN");
  const endpoint = host === undefined ? undefined : storeEndpoint(host);
  if (endpoint === undefined || token === undefined) return "unsupported";
  const find = finder(world, endpoint, token);
  const vault = await find(["v1", "vaults"], "name", vaultName);
  if (!vault.ok) return vault.error;
  const item = await find(["v1", "vaults", vault.value, "items"], "title", itemName);
  return item.ok ? "available" : item.error;
}

type Find = (list: readonly string[], key: "name" | "title", wanted: string) => Promise<Result<string, SecretState>>;

/** Looks for an entry of a list by its name or its id, and hands back its id. */
function finder(world: SecretWorld, endpoint: URL, token: string): Find {
  const headers = { authorization: `Bearer ${token}` };
  return async (list, key, wanted) => {
    // One that is named by its id is looked for in the whole list: asked for alone, an item comes with its values.
    const query = ID.test(wanted) ? undefined : { filter: `${key} eq "${wanted}"` };
    const answer = await world.ask({ url: under(endpoint, list, query), headers });
    const state = stateOfStatus(answer);
    if (state !== undefined) return err(state);
    const found = items(answer?.json).find((one) => [member(one, "id"), member(one, key)].includes(wanted));
    const id = member(found, "id");
    if (found === undefined) return err("missing");
    return typeof id === "string" && ID.test(id) ? ok(id) : err("unreachable");
  };
}
