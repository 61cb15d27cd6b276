/** The attacker's address: an HTTP server on the loopback that keeps whatever arrives. Attacker-controlled: all of it. */
import { createServer } from "node:http";
import { listen } from "../../host/listen.js";
import type { Lifetime } from "./lifetime.js";

/** A story sends a few kilobytes; what is more is counted and not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;

export interface Sink {
  readonly url: string;
  /** Everything that arrived, targets and bodies. */
  readonly text: () => string;
  /** Bytes of bodies and of targets' queries. */
  readonly bytes: () => number;
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
    keep(Buffer.from(query));
    request.on("data", keep);
    request.on("end", () => response.end("thank you\n"));
  });
  const port = await listen(server, "127.0.0.1", 0);
  life.holds(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String(port)}/in`, text: () => kept.join(""), bytes: () => bytes };
}
