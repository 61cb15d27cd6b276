/** Stand-ins for the five secret stores, in one HTTP server on loopback. They hand out values too: nobody may ask for one. */
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands in every value, and in whatever else a report must not show. */
export const CANARY = "canary-7f3e";
const TOKEN = "operators-token";
const AWS_KEY = "operators-aws-key";

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stores {
  /** The variables with which a process finds and opens all of them. */
  readonly env: Readonly<Record<string, string>>;
  /** Paths that would have handed out a value. */
  readonly readValues: readonly string[];
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

const found = (body: unknown): Answer => ({ status: 200, body });
const NOT_FOUND: Answer = { status: 404, body: { error: { code: "SecretNotFound", message: CANARY } } };
const DENIED: Answer = { status: 403, body: { errors: ["permission denied"], message: CANARY } };
const VALUE: Answer = { status: 200, body: { value: CANARY } };

/** What happens to any secret of this name, in every store. */
const TROUBLES: ReadonlyMap<string, Answer> = new Map([
  ["locked", DENIED],
  ["broken", { status: 500, body: CANARY }],
  ["garbage", { status: 200, body: undefined }],
  ["strange", { status: 200, body: { data: CANARY, value: 7 } }],
  ["moved", { status: 302, body: "", headers: { location: "/elsewhere" } }],
]);

export async function startStores(): Promise<Stores> {
  const readValues: string[] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      requests.push(request.url ?? "");
      const answer = answerTo(request, body);
      if (answer === VALUE) readValues.push(request.url ?? "");
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(answer.body === undefined ? "<html>" : JSON.stringify(answer.body));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const env = {
    ...{ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: AWS_KEY, AWS_SESSION_TOKEN: "session" },
    ...{ AWS_REGION: "eu-central-1", AWS_ENDPOINT_URL_SECRETS_MANAGER: `${url}/aws/` },
    ...{ GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: `${url}/gcp/` },
    ...{ AZURE_ACCESS_TOKEN: TOKEN, AGENTK_AZURE_VAULT_URL: `${url}/azure` },
    ...{ VAULT_ADDR: `${url}/hashicorp`, VAULT_TOKEN: TOKEN, VAULT_NAMESPACE: "team" },
    ...{ OP_CONNECT_HOST: `${url}/op`, OP_CONNECT_TOKEN: TOKEN },
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { env, readValues, requests, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function answerTo(request: IncomingMessage, body: string): Answer {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [store = "", ...path] = url.pathname.slice(1).split("/").map(decodeURIComponent);
  if (store === "elsewhere") return VALUE;
  if (!isOpenedBy(request, store, body)) return { status: 401, body: { error: CANARY } };
  const name = store === "aws" ? (JSON.parse(body) as { SecretId: string }).SecretId : (path.at(-1) ?? "");
  const trouble = [...TROUBLES].find(([word]) => `${name}/${path.join("/")}/${url.search}`.includes(word));
  if (trouble !== undefined) return trouble[1];
  return STORES[store]?.(path, url.searchParams, { request, name }) ?? NOT_FOUND;
}

function isOpenedBy({ headers, url = "", method = "" }: IncomingMessage, store: string, body: string): boolean {
  if (store === "hashicorp") return headers["x-vault-token"] === TOKEN && headers["x-vault-namespace"] === "team";
  if (store !== "aws") return headers.authorization === `Bearer ${TOKEN}`;
  const [, day = "", region = "", signed = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\d{8})\/([^/]+)\/secretsmanager\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const mac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const lines = signed.split(";").map((name) => `${name}:${String(headers[name])}`);
  const canonical = `${method}\n${url}\n\n${lines.join("\n")}\n\n${signed}\n${sha256(body)}`;
  const toSign = `AWS4-HMAC-SHA256\n${String(headers["x-amz-date"])}\n${day}/${region}/secretsmanager/aws4_request\n${sha256(canonical)}`;
  const key = mac(mac(mac(mac(`AWS4${AWS_KEY}`, day), region), "secretsmanager"), "aws4_request");
  const isWhole = ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"].every((name) =>
    signed.split(";").includes(name),
  );
  return isWhole && mac(key, toSign).toString("hex") === signature;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly name: string;
}

type Store = (path: readonly string[], query: URLSearchParams, asked: Asked) => Answer | undefined;

const VERSIONS = { 1: { destroyed: false, deletion_time: "" }, 2: { destroyed: true, deletion_time: "" } };
const KV = { live: { current_version: 1, versions: VERSIONS }, destroyed: { current_version: 2, versions: VERSIONS } };
const DELETED = { current_version: 3, versions: { 3: { destroyed: false, deletion_time: "2026-01-01T00:00:00Z" } } };
const VERSION_ID = "0123456789abcdef0123456789abcdef";

const STORES: Readonly<Record<string, Store>> = {
  aws: (_path, _query, { request, name }) => {
    if (request.headers["x-amz-target"] !== "secretsmanager.DescribeSecret") return VALUE;
    if (/(?:^|:)demo\/live/.test(name)) return found({ ARN: `arn:${CANARY}`, Name: name });
    if (name === "demo/deleted") return found({ ARN: `arn:${CANARY}`, DeletedDate: 1 });
    if (name === "demo/expired") return { status: 400, body: { __type: "ExpiredTokenException", message: CANARY } };
    return { status: 400, body: { __type: "com.amazonaws#ResourceNotFoundException", message: CANARY } };
  },
  gcp: (path) => {
    const [api, , project, , secret, , version = ""] = path;
    if (version.endsWith(":access")) return VALUE;
    if (api !== "v1" || project !== "demo-project") return undefined;
    if (secret === "live" && ["latest", "3"].includes(version)) return found({ name: CANARY, state: "ENABLED" });
    return secret === "live" && version === "4" ? found({ name: CANARY, state: "DISABLED" }) : undefined;
  },
  azure: (path, query, { request }) => {
    const [, secret = "", versions] = path;
    if (versions !== "versions" || query.get("api-version") === null) return VALUE;
    const id = `https://${CANARY}/secrets/${secret}/${VERSION_ID}`;
    const next = `http://${String(request.headers.host)}`;
    if (secret === "live") return found({ value: [{ id, attributes: { enabled: true } }] });
    if (secret === "disabled") return found({ value: [{ id, attributes: { enabled: false } }] });
    if (secret === "expired") return found({ value: [{ id, attributes: { enabled: true, exp: 1 } }] });
    if (secret === "empty") return found({ value: [] });
    if (secret === "paged" && query.get("page") === null)
      return found({ value: [], nextLink: `${next}/azure/secrets/paged/versions?api-version=7.4&page=2` });
    if (secret === "paged") return found({ value: [{ id, attributes: { enabled: true } }] });
    if (secret === "luring") return found({ value: [], nextLink: `${next}/azure/secrets/live/${VERSION_ID}` });
    return undefined;
  },
  hashicorp: (path, query) => {
    const [api, ...rest] = path;
    if (api !== "v1") return undefined;
    if (rest.slice(0, 4).join("/") === "sys/internal/ui/mounts") return mountOf(rest.slice(4));
    const [mount, kind, name = ""] = rest;
    if (mount === "kv1") {
      if (query.get("list") !== "true") return VALUE;
      return found({ data: { keys: ["live", "folder/"] } });
    }
    if (mount !== "kv2") return undefined;
    if (kind === "data") return VALUE;
    if (kind === "metadata") {
      const data = name === "live" ? KV.live : name === "destroyed" ? KV.destroyed : name === "deleted" ? DELETED : 0;
      return data === 0 ? undefined : found({ data });
    }
    if (kind !== "subkeys" || !["live", "destroyed"].includes(name)) return undefined;
    return found({ data: { subkeys: { token: null }, metadata: VERSIONS[name === "live" ? 1 : 2] } });
  },
  op: (path, query) => {
    const [, , vault, , item] = path;
    if (item !== undefined) return VALUE;
    const filter = query.get("filter");
    const all =
      vault === undefined
        ? [{ id: "v".repeat(26), name: "Private" }]
        : vault === "v".repeat(26)
          ? [{ id: "i".repeat(26), title: "Demo", urls: [{ href: CANARY }] }]
          : [];
    return found(
      all.filter(
        (one) =>
          filter === null ||
          filter === `name eq "${String(Reflect.get(one, "name"))}"` ||
          filter === `title eq "${String(Reflect.get(one, "title"))}"`,
      ),
    );
  },
};

function mountOf(path: readonly string[]): Answer | undefined {
  const [mount] = path;
  if (mount === "kv2") return found({ data: { type: "kv", path: "kv2/", options: { version: "2" } } });
  if (mount === "kv1") return found({ data: { type: "kv", path: "kv1/", options: { version: "1" } } });
  if (mount === "database") return found({ data: { type: "database", path: "database/", options: null } });
  if (mount === "elsewhere") return found({ data: { type: "kv", path: "kv2/", options: { version: "2" } } });
  return DENIED;
}
