/** Asks one witness once (c2sp.org/tlog-witness). Attacker-controlled: all that it answers. */
import { isUtf8 } from "node:buffer";
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { AgentkError } from "../base/errors.js";
import { MAX_WITNESS_BODY_BYTES } from "../base/limits.js";
import { systemCode } from "./private-folder.js";
import { ADD_CHECKPOINT } from "./witness-server.js";

const MAX_HEADER_BYTES = 8 * 1024;

export type WitnessReply =
  | { readonly kind: "answer"; readonly status: number; readonly type: string; readonly body: string }
  /** No answer, too late, too long or not text; `why` is fit for a terminal. */
  | { readonly kind: "failure"; readonly why: string };

/**
 * The submission prefix of a witness.
 * @throws AgentkError `usage` unless it is http or https without a user name, a query or a fragment.
 */
export function parseWitnessUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isPrefix(url)) return url;
  throw new AgentkError("usage", "a witness's URL is `http://` or `https://`, a host and perhaps a path", {
    hint: "`agentk witness` prints it when it is ready, such as http://127.0.0.1:7460",
  });
}

function isPrefix({ protocol, username, password, search, hash }: URL): boolean {
  return ["http:", "https:"].includes(protocol) && [username, password, search, hash].every((part) => part === "");
}

/** Posts a body to `PREFIX/add-checkpoint`. Redirects are not followed: they come back as answers. Never rejects. */
export function postCheckpoint(prefix: URL, body: string, timeoutMs: number): Promise<WitnessReply> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body, "utf8");
    const options: RequestOptions = {
      method: "POST",
      // A connection of its own: one that was kept may be closed by the other side just when it is used again.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { "content-type": "text/plain; charset=utf-8", "content-length": String(bytes.length) },
    };
    const url = new URL(prefix);
    url.pathname = url.pathname.replace(/\/*$/, ADD_CHECKPOINT);
    const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
    const settle = (reply: WitnessReply): void => {
      clearTimeout(timer);
      resolve(reply);
      request.destroy();
    };
    const fail = (why: string): void => {
      settle({ kind: "failure", why });
    };
    // One bound on all of it: a witness that sends a byte now and then is as slow as one that sends none.
    const timer = setTimeout(() => {
      fail(`gave no answer within ${String(timeoutMs)} ms`);
    }, timeoutMs);
    request.on("error", (error) => {
      fail(`cannot be asked (${systemCode(error) ?? "not HTTP"})`);
    });
    request.on("response", (response) => {
      read(response, settle, fail);
    });
    request.end(bytes);
  });
}

function read(response: IncomingMessage, settle: (reply: WitnessReply) => void, fail: (why: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_WITNESS_BODY_BYTES) fail(`answered with more than ${String(MAX_WITNESS_BODY_BYTES)} bytes`);
    else chunks.push(chunk);
  });
  response.on("error", () => {
    fail("ended in the middle of its answer");
  });
  response.on("end", () => {
    const body = Buffer.concat(chunks);
    const { statusCode = 0, headers } = response;
    if (!isUtf8(body)) fail("answered with what is not text");
    else
      settle({ kind: "answer", status: statusCode, type: headers["content-type"] ?? "", body: body.toString("utf8") });
  });
}
