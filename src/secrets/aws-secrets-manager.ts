/** AWS Secrets Manager, by ARN or by name: asked with DescribeSecret, which answers without the value. */
import type { StoreAnswer } from "../abi/secret-store.js";
import { err, ok } from "../base/result.js";
import { member } from "./answers.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";
import { setting, storeEndpoint } from "./endpoint.js";
import { signedHeaders, type AwsCredentials } from "./sigv4.js";

const ARN = /^arn:aws(?:-[a-z]+)*:secretsmanager:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}$/;
/** The characters that the service allows in a name. */
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const SERVICE = "secretsmanager";

export const awsSecretsManager: SecretBackend = {
  name: "aws-secrets-manager",
  isLocal: false,
  read: (reference) => {
    const arn = ARN.exec(reference);
    if (arn === null && !NAME.test(reference))
      return err("`reference` must be the ARN of a secret, or its name of at most 512 letters, digits and `/_+=.@-`");
    return ok({ shape: arn === null ? "name" : "arn", look: (world) => look(world, reference, arn?.[1]) });
  },
};

async function look(world: SecretWorld, secret: string, arnRegion: string | undefined): Promise<SecretState> {
  const credentials = credentialsOf(world);
  const region = arnRegion ?? setting(world.env, "AWS_REGION", "AWS_DEFAULT_REGION");
  if (credentials === undefined || region === undefined || !REGION.test(region)) return "unsupported";
  const url = storeEndpoint(
    setting(world.env, "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL") ?? publicEndpoint(region),
  );
  if (url === undefined) return "unsupported";
  const body = JSON.stringify({ SecretId: secret });
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${SERVICE}.DescribeSecret` };
  const call = { url, service: SERVICE, region, headers, body, at: world.now() };
  return stateOf(await world.ask({ url, method: "POST", headers: signedHeaders(call, credentials), body }));
}

function credentialsOf({ env }: SecretWorld): AwsCredentials | undefined {
  const [accessKeyId, secretAccessKey] = [setting(env, "AWS_ACCESS_KEY_ID"), setting(env, "AWS_SECRET_ACCESS_KEY")];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: setting(env, "AWS_SESSION_TOKEN") };
}

function publicEndpoint(region: string): string {
  return `https://${SERVICE}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}/`;
}

const DENIED =
  /(?:AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|InvalidClientTokenId|MissingAuthenticationToken|NotAuthorized)/;

function stateOf(answer: StoreAnswer | undefined): SecretState {
  if (answer === undefined) return "unreachable";
  if (answer.status === 200) {
    if (typeof member(answer.json, "ARN") !== "string") return "unreachable";
    // It waits to be deleted, and its value cannot be had any more.
    return member(answer.json, "DeletedDate") === undefined ? "available" : "missing";
  }
  const type = member(answer.json, "__type");
  if (typeof type !== "string") return answer.status === 401 || answer.status === 403 ? "denied" : "unreachable";
  if (type.endsWith("ResourceNotFoundException")) return "missing";
  return DENIED.test(type) ? "denied" : "unreachable";
}
