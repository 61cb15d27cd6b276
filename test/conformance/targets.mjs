// What the suite is run against: the fixture alone and the fixture behind agentk, each behind an HTTP front, because
// the suite speaks only Streamable HTTP.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const AGENTK = path("../../bin/agentk.js");
const POLICY = path("allow-all.toml");
export const FIXTURE = path("fixture/server.mjs");

/** How long a front may take until it listens, in milliseconds. */
const START_MS = 20_000;

const fixture = [process.execPath, FIXTURE];
const behindAgentk = [process.execPath, AGENTK, "mcp-proxy-stdio", "--policy", POLICY, "--", ...fixture];

/** Other things that the suite tries on the way: so many sessions live at once. */
const MAX_SESSIONS = "64";

/**
 * The fronts, and how each serves the fixture `direct` and `mediated`. `token`: a file with the token that is needed;
 * `origin`: the one from which web pages may come.
 */
export const FRONTS = {
  /** The official SDK's own, and agentk's own. */
  http: {
    revisions: ["2025-11-25", "2026-07-28"],
    direct: ({ port }) => [...fixture, "--http", String(port)],
    mediated: ({ port, token, origin }) => [
      ...[process.execPath, AGENTK, "mcp-proxy-http", "--policy", POLICY, "--listen", `127.0.0.1:${String(port)}`],
      ...["--token-file", token, "--allow-origin", origin, "--max-sessions", MAX_SESSIONS, "--", ...fixture],
    ],
  },
  /**
   * A bridge nobody here wrote, from HTTP to a child's stdio: for `mcp-proxy-stdio`, by hand. Of 2026-07-28 it loses
   * messages, with agentk and without.
   */
  bridge: {
    revisions: ["2025-11-25"],
    direct: ({ port, tools }) => bridged(tools, port, fixture),
    mediated: ({ port, tools }) => bridged(tools, port, behindAgentk),
  },
};

/** The bridge takes its child as one line of shell. */
function bridged(tools, port, command) {
  const line = command.map((word) => `'${word}'`).join(" ");
  const transport = ["--outputTransport", "streamableHttp", "--stateful", "--port", String(port)];
  return [tools.node, tools.supergateway, "--stdio", line, ...transport, "--logLevel", "none"];
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** Starts a target in a folder of its own and waits until it answers. `stop` ends it with all that it started. */
export async function startTarget(command, url, { cwd, env }) {
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => {
    child.on("close", resolve);
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-4000);
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    // What does not go by itself is killed with its group.
    const timer = setTimeout(() => {
      process.kill(-child.pid, "SIGKILL");
    }, 5000);
    await ended;
    clearTimeout(timer);
  };
  const end = Date.now() + START_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop();
      throw new Error(`the target did not start: ${command.join(" ")}\n${stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { stop };
}

function answers(url) {
  return fetch(url, { method: "GET", signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );
}
