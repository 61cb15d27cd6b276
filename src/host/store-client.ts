/** Asks secret stores over HTTP. Attacker-controlled: whatever they answer; of it only JSON of bounded size is kept. */
import type { IncomingMessage } from "node:http";
import type { StoreAnswer, StoreRequest } from "../abi/secret-store.js";
import { AgentkError } from "../base/errors.js";
import { MAX_SECRET_ANSWER_BYTES, SECRET_STORE_MS } from "../base/limits.js";
import { httpTarget, sendRequest, type HttpTarget } from "./http-client.js";

/** Never rejects. Undefined: there was no whole answer in time. Redirects are not followed: they come back as answers. */
export type AskStore = (call: StoreRequest) => Promise<StoreAnswer | undefined>;

/** A client for one check. An origin that did not answer once is not asked again: each time would cost its whole wait. */
export function storeClient(timeoutMs = SECRET_STORE_MS): AskStore {
  const silent = new Set<string>();
  return async (call) => {
    if (silent.has(call.url.origin)) return undefined;
    const reply = await ask(call, timeoutMs);
    if (reply === undefined) silent.add(call.url.origin);
    return reply;
  };
}

function ask(call: StoreRequest, timeoutMs: number): Promise<StoreAnswer | undefined> {
  const target = targetOf(call.url);
  if (target === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const settle = (reply: StoreAnswer | undefined): void => {
      clearTimeout(timer);
      resolve(reply);
      request.destroy();
    };
    const request = sendRequest(target, {
      method: call.method ?? "GET",
      headers: call.headers ?? {},
      ...(call.body === undefined ? {} : { body: call.body }),
      onResponse: (response) => {
        read(response, settle);
      },
      onFailure: () => {
        settle(undefined);
      },
    });
    // One bound on all of it: a store that sends a byte now and then is as slow as one that sends none.
    const timer = setTimeout(() => {
      settle(undefined);
    }, timeoutMs);
  });
}

/** Stores are often in a private network, so any address will do; TLS says who answers. */
function targetOf(url: URL): HttpTarget | undefined {
  try {
    return httpTarget({ url: url.href, ca: undefined, token: undefined, allowPrivate: true });
  } catch (error) {
    if (error instanceof AgentkError) return undefined;
    throw error;
  }
}

function read(response: IncomingMessage, settle: (reply: StoreAnswer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_SECRET_ANSWER_BYTES) settle(undefined);
    else chunks.push(chunk);
  });
  response.on("error", () => {
    settle(undefined);
  });
  response.on("end", () => {
    settle({ status: response.statusCode ?? 0, json: jsonOf(Buffer.concat(chunks)) });
  });
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
