/**
 * The same adapter with nothing but real processes: an SDK client, `agentk mcp-proxy-stdio`, and a server that plays the
 * transcript. Every decision is held against the one that the kernel alone gave for the same calls.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import kernelAdapter, { resultOf } from "./adapter.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const DECISION = "agentk/decision";

/** One proxy process, for one session of the benchmark. */
class ProxySession {
  async start(suite, tools) {
    this.folder = mkdtempSync(join(tmpdir(), "agentk-dojo-"));
    const socketPath = join(this.folder, "player.sock");
    const toolsPath = join(this.folder, "tools.json");
    writeFileSync(toolsPath, JSON.stringify(tools));
    const arrived = new Promise((resolve) => {
      this.server = createServer(resolve).listen(socketPath);
    });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        here("../../bin/agentk.js"),
        ...["mcp-proxy-stdio", "--policy", here(`policies/${suite}.toml`), "--server-id", suite],
        ...[
          "--payloads",
          "none",
          "--durable",
          "never",
          "--",
          process.execPath,
          here("player.mjs"),
          socketPath,
          toolsPath,
        ],
      ],
      cwd: this.folder,
      stderr: "ignore",
    });
    this.client = new Client({ name: "bench", version: "1" });
    await this.client.connect(transport);
    this.player = await arrived;
    this.calls = [];
    createInterface({ input: this.player }).on("line", (line) => this.reached?.(JSON.parse(line)));
  }

  /** Settles with `allow` once the call has reached the server, or with what the proxy answered in its place. */
  async decide(call, prompt) {
    const reached = new Promise((resolve) => {
      this.reached = () => resolve("allow");
    });
    const params = { name: call.tool, arguments: call.args, _meta: { "agentk/prompt": prompt } };
    this.answer = this.client.callTool(params).then(
      (result) => result._meta?.[DECISION]?.verdict ?? "answered",
      (error) => `error: ${error.message}`,
    );
    return Promise.race([reached, this.answer]);
  }

  async observe(output, meta) {
    this.player.write(`${JSON.stringify(resultOf(output, meta))}\n`);
    await this.answer;
  }

  async end() {
    await this.client.close();
    this.player.destroy();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An adapter through the proxy. `differences` collects every decision that is not the kernel's own. */
export function throughProxy() {
  const differences = [];
  let last;
  return {
    name: "agentk mcp-proxy-stdio",
    differences,
    async start(session) {
      await last?.end();
      last = session.state.proxy = new ProxySession();
      const tools = [...session.tools.values()].map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema,
      }));
      await last.start(session.suite, tools);
      session.state.alone = { id: session.id, suite: session.suite, tools: session.tools, state: {} };
      await kernelAdapter.start(session.state.alone);
    },
    prompt(session, text) {
      session.state.prompt = text;
      kernelAdapter.prompt(session.state.alone, text);
    },
    async decide(session, call) {
      const verdict = await session.state.proxy.decide(call, session.state.prompt);
      const alone = kernelAdapter.decide(session.state.alone, call);
      // Nobody can be asked here: the proxy denies what the kernel would ask about.
      const expected = alone === "allow" ? "allow" : "deny";
      if (verdict !== expected) differences.push(`${session.id} ${call.tool}: proxy ${verdict}, kernel ${alone}`);
      session.state.passed = verdict === "allow";
      return verdict === "allow" ? "allow" : "deny";
    },
    async observe(session, call, output, meta) {
      if (!session.state.passed) return;
      await session.state.proxy.observe(output, meta);
      kernelAdapter.observe(session.state.alone, call, output, meta);
    },
    async finish() {
      await last?.end();
      last = undefined;
    },
  };
}
