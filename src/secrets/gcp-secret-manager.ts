/** Google Secret Manager, a secret or a version of it: asked for the version's metadata, which hold no value. */
import { err, ok } from "../base/result.js";
import { member, stateOfStatus } from "./answers.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";
import { setting, storeEndpoint, under } from "./endpoint.js";

const REFERENCE =
  /^projects\/([a-z0-9][a-z0-9.:-]{0,62})\/secrets\/([A-Za-z0-9_-]{1,255})(?:\/versions\/(latest|[1-9]\d{0,8}))?$/;
const PUBLIC = "https://secretmanager.googleapis.com/";

export const gcpSecretManager: SecretBackend = {
  name: "gcp-secret-manager",
  isLocal: false,
  read: (reference) => {
    const [whole, project = "", secret = "", version] = REFERENCE.exec(reference) ?? [];
    if (whole === undefined)
      return err("`reference` must be projects/PROJECT/secrets/SECRET, and perhaps /versions/latest or a number");
    // A secret without a version that can be read is of no use: the newest is asked for.
    const path = ["v1", "projects", project, "secrets", secret, "versions", version ?? "latest"];
    return ok({ shape: version === undefined ? "secret" : "version", look: (world) => look(world, path) });
  },
};

async function look(world: SecretWorld, path: readonly string[]): Promise<SecretState> {
  const token = setting(world.env, "GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN");
  const endpoint = storeEndpoint(setting(world.env, "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER") ?? PUBLIC);
  if (token === undefined || endpoint === undefined) return "unsupported";
  const answer = await world.ask({ url: under(endpoint, path), headers: { authorization: `Bearer ${token}` } });
  const state = stateOfStatus(answer);
  if (state !== undefined) return state;
  const word = member(answer?.json, "state");
  if (typeof word !== "string") return "unreachable";
  return word === "ENABLED" ? "available" : "missing";
}
