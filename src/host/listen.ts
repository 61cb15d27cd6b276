/** A TCP server on one address: the port it got, or an error that says why not. */
import type { Server } from "node:net";
import { AgentkError } from "../base/errors.js";
import { systemCode } from "./private-folder.js";

/**
 * The port, also when 0 asked for a free one.
 * @throws AgentkError `usage` for an address that cannot be listened on
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const where = `${host} port ${String(port)}`;
      reject(
        new AgentkError("usage", `cannot listen on ${where} (${systemCode(error) ?? "unknown"})`, { cause: error }),
      );
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new AgentkError("internal", "the server has no port"));
    });
  });
}
