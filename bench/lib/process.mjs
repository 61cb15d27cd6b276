// One process from its start to its end: wall time, CPU time and peak memory, as it tells itself.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const USAGE = new URL("../peers/usage.mjs", import.meta.url).href;

export const AGENTK = fileURLToPath(new URL("../../bin/agentk.js", import.meta.url));
export const peer = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));

/** Runs `node ...args`; a status other than 0 is an error. With `isBare`, nothing is preloaded, and only wall time is given. */
export async function measured(args, { cwd, env, isBare = false } = {}) {
  const began = performance.now();
  const preload = isBare ? [] : ["--import", USAGE];
  const child = spawn(process.execPath, [...preload, ...args], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe", isBare ? "ignore" : "pipe"],
  });
  const said = { stderr: "", usage: "" };
  child.stderr.on("data", (chunk) => (said.stderr += chunk));
  child.stdio[3]?.on("data", (chunk) => (said.usage += chunk));
  const status = await new Promise((settle) => child.on("close", settle));
  const wall_ms = performance.now() - began;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${said.stderr.slice(-500)}`);
  return isBare ? { wall_ms } : { wall_ms, ...JSON.parse(said.usage) };
}
