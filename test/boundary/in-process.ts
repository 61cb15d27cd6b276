/** A run with connections whose two sides are functions: what a client and a server say, and what each of them gets. */
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/base/json.js";
import { Connection, type ServerHandlers } from "../../src/app/run/connection.js";
import { MediatedRun } from "../../src/app/run/mediated-run.js";
import { readPolicy } from "../../src/app/policy/file.js";
import { testFolder } from "./proxy-process.js";

/** What a server answers to a request: lines, sent as they are. */
export type Server = (request: JsonObject, line: string) => readonly string[];

export interface Talk {
  readonly client: (line: string) => void;
  /** Lines of the server's own accord. */
  readonly server: (line: string) => void;
  /** Settles when everything that was said has been answered. */
  readonly idle: () => Promise<void>;
  /** Settles when nothing more happens: what waits then waits for the other side. */
  readonly settled: () => Promise<void>;
  readonly end: () => Promise<void>;
  /** From here on the server has so many bytes to read. */
  readonly leaveUnread: (bytes: number) => void;
  /** What each side has got. */
  readonly toServer: readonly string[];
  readonly toClient: readonly string[];
}

export interface InProcess {
  readonly talk: (server: Server) => Promise<Talk>;
  /** Ends the run and gives the path of its log. */
  readonly close: () => Promise<string>;
}

/** With every feature of MCP granted, so that as much as can be passes. */
const ALLOW_ALL = fileURLToPath(new URL("../conformance/allow-all.toml", import.meta.url));
const AGENT = "agent://test";
const SERVER = "scripted";
/** No test of these waits for an answer that does not come. */
export const RESPONSE_TIMEOUT_MS = 600_000;

/** Turns of the event loop without a line from or to anyone after which all that could happen has. */
const QUIET_TURNS = 50;

/** A run with files under the test root, which are replayed when all tests are done. */
export async function startInProcess(name: string, policy = ALLOW_ALL): Promise<InProcess> {
  const run = new MediatedRun({
    ...{ cwd: testFolder(name), env: process.env, traceOut: undefined, payloads: "sealed", durableFrom: "never" },
    ...{ policy: await readPolicy(policy), agentId: AGENT, responseTimeoutMs: RESPONSE_TIMEOUT_MS },
    ...{ maxClientMessages: 1_000_000, maxInFlight: 256, maxLineBytes: 10_485_760 },
  });
  await run.open({ server: SERVER, command: ["none"] });
  let sessions = 0;
  return {
    talk: (server) => talk(run, `s${String(++sessions)}`, server),
    close: async () => {
      await run.closeControl();
      await run.close({ reason: "eof", strays: 0, stderr: "", stderrBytes: 0 });
      return run.log;
    },
  };
}

async function talk(run: MediatedRun, session: string, server: Server): Promise<Talk> {
  const toServer: string[] = [];
  const toClient: string[] = [];
  const happened = (): number => toServer.length + toClient.length + run.dispatch.current.seq;
  let handlers: ServerHandlers | undefined;
  let unread = 0;
  const say = (line: string): void => {
    handlers?.onLine(Buffer.from(line));
  };
  const connection = new Connection(
    run,
    {
      ...{ session, server: SERVER, agent: AGENT, responseTimeoutMs: RESPONSE_TIMEOUT_MS },
      maxClientMessages: 1_000_000,
      startServer: (given) => {
        handlers = given;
        const exit = { code: 0, signal: undefined, spawnError: undefined };
        return {
          send: (line) => {
            toServer.push(line);
            const answers = server(JSON.parse(line) as JsonObject, line);
            // As a process would: never before the sender has returned.
            queueMicrotask(() => {
              answers.forEach(say);
            });
            return true;
          },
          pause: () => undefined,
          resume: () => undefined,
          unread: () => unread,
          stop: () => {
            given.onExit(exit);
            return Promise.resolve(exit);
          },
          stderrTail: () => Buffer.alloc(0),
          stderrBytes: () => 0,
        };
      },
    },
    {
      send: (line) => {
        toClient.push(line);
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      onServerLost: () => undefined,
    },
  );
  await connection.start();
  return {
    client: (line) => {
      connection.fromClient(Buffer.from(line));
    },
    server: say,
    idle: () => connection.idle(),
    settled: async () => {
      for (let last = -1; last !== happened();) {
        last = happened();
        for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    end: async () => {
      await connection.end();
    },
    leaveUnread: (bytes) => {
      unread = bytes;
    },
    toServer,
    toClient,
  };
}
