// An agent that makes one call after another: node client.mjs CALLS COMMAND...; a line of CALLS is ["tool", {arguments}].
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [calls, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const ended = new Promise((resolve) => child.on("exit", resolve));
let id = 0;
const tell = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
async function ask(method, params) {
  tell({ id: ++id, method, params });
  const { value, done } = await answers.next();
  return done ? { error: { message: "no answer" } } : JSON.parse(value);
}

const clientInfo = { name: "agent", version: "1" };
const first = await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
if (first.error === undefined) {
  tell({ method: "notifications/initialized" });
  await ask("tools/list", {});
  for (const line of readFileSync(calls, "utf8").trim().split("\n")) {
    const [name, words] = JSON.parse(line);
    const { result, error } = await ask("tools/call", { name, arguments: words });
    const said = error?.message ?? result.content.map(({ text }) => text).join(" ");
    console.log(`${result?.isError || error ? "blocked" : "passed"} ${name}: ${said.split("\n")[0]}`);
  }
}
child.stdin.end();
process.exitCode = await ended;
