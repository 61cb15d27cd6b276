/** The attacker's address: an HTTP server on the loopback that keeps whatever arrives. Attacker-controlled: all of it. */
import { createServer, get } from "node:http";
import { listen } from "../../host/listen.js";
import type { Lifetime } from "./lifetime.js";

/** A story sends a few kilobytes; what is more is counted and not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** Asked for by ourselves, and not counted. */
const PROBE = "/probe";

export interface Sink {
  readonly url: string;
  /** Everything that arrived, targets and bodies. */
  readonly text: () => string;
  /** Bytes of bodies and of targets' queries. */
  readonly bytes: () => number;
  /** Whether something that is sent here would have arrived: without it, nothing having arrived says nothing. */
  readonly answers: () => Promise<boolean>;
}

/** @throws AgentkError `usage` when the loopback cannot be listened on */
export async function openSink(life: Lifetime): Promise<Sink> {
  const kept: string[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= MAX_KEPT_BYTES) kept.push(chunk.toString("utf8"));
  };
  const server = createServer((request, response) => {
    const [, query = ""] = (request.url ?? "").split("?", 2);
    if (request.url === PROBE) {
      response.end();
      return;
    }
    keep(Buffer.from(query));
    request.on("data", keep);
    request.on("end", () => response.end("thank you\n"));
  });
  const port = await listen(server, "127.0.0.1", 0);
  life.holds(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${String(port)}`;
  return {
    url: `${origin}/in`,
    text: () => kept.join(""),
    bytes: () => bytes,
    answers: () => isAnswered(`${origin}${PROBE}`),
  };
}

function isAnswered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => {
      resolve(false);
    });
  });
}
