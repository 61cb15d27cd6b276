/** A remote server by its URL, as the operator gave it: what is trusted of it, and what it is told. */
import { resolve } from "node:path";
import { httpTarget } from "../../host/http-client.js";
import { readToken } from "../../host/http-token.js";
import { HttpLink } from "./link.js";
import type { JsonValue } from "../../base/json.js";
import type { ServerHandlers, ServerLink } from "../run/server-stream.js";
import { readTextFile } from "../text-file.js";

/** How the server of a connection is begun. */
export interface ServerSource {
  /** For the log's first line, where it is committed to. */
  readonly command: JsonValue;
  /** How often one that ends by itself is started again. */
  readonly restarts: number;
  readonly start: (handlers: ServerHandlers) => ServerLink;
}

const MAX_CA_BYTES = 1024 * 1024;

export interface UpstreamOptions {
  readonly url: string;
  /** PEM, besides the authorities that Node comes with. */
  readonly caFile: string | undefined;
  /** The only credential that is ever sent, and only to this URL's origin. */
  readonly tokenFile: string | undefined;
  readonly allowPrivate: boolean;
}

/** @throws AgentkError `usage`, `unsafe-file` or `file-unreadable`: nothing has been asked. */
export function openUpstream(options: UpstreamOptions & { cwd: string; maxLineBytes: number }): ServerSource {
  const { url, caFile, tokenFile, allowPrivate, cwd, maxLineBytes } = options;
  const target = httpTarget({
    ...{ url, allowPrivate },
    ca: caFile === undefined ? undefined : readTextFile(resolve(cwd, caFile), MAX_CA_BYTES),
    token: tokenFile === undefined ? undefined : readToken(resolve(cwd, tokenFile)),
  });
  // Its session is lost with it, and nobody could tell whether what answers later is the same.
  return { command: [url], restarts: 0, start: (handlers) => new HttpLink({ target, maxLineBytes, handlers }) };
}
