/** `agentk init`: a server asked for its tools, and a policy to edit written from what it says. */
import { existsSync, writeFileSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { childEnvironment } from "../../host/child-environment.js";
import { systemCode } from "../../host/private-folder.js";
import { parsePolicy } from "../../policy/parse.js";
import type { ServerTool } from "../../mcp/server-tools.js";
import { probeServer } from "../pins/probe-server.js";

export interface InitOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The parent's environment, of which the server gets PATH and what `allowEnv` names. */
  readonly env: NodeJS.ProcessEnv;
  readonly allowEnv: readonly string[];
  readonly serverId: string;
  /** Where the policy goes. */
  readonly file: string;
  /** Writes over a file that is there. */
  readonly force: boolean;
  /** For the whole conversation with the server. */
  readonly timeoutMs?: number;
}

/** How a policy is drafted: the text, and whatever else the command wants to tell about it. */
type Draft<D extends { readonly text: string }> = (serverId: string, tools: readonly ServerTool[]) => D;

/**
 * Writes the policy once it is known to be one that the kernel takes.
 * @throws AgentkError when the file is there already, or the server does not start or answer: nothing is written.
 */
export async function initPolicy<D extends { readonly text: string }>(
  options: InitOptions,
  draft: Draft<D>,
): Promise<D> {
  const { file, force, serverId, command, args, timeoutMs } = options;
  if (!force && existsSync(file)) throw fileExists(file);
  const env = childEnvironment(options.env, options.allowEnv);
  if (!env.ok) throw new AgentkError("usage", env.error);
  const timeout = timeoutMs === undefined ? {} : { timeoutMs };
  const drafted = draft(serverId, await probeServer({ command, args, env: env.value, ...timeout }));
  const parsed = parsePolicy(drafted.text);
  if (!parsed.ok) {
    const [fault] = parsed.error;
    const place = `line ${String(fault?.line ?? 0)}: ${fault?.problem ?? "unknown"}`;
    throw new AgentkError("internal", `the draft is not a valid policy (${place})`);
  }
  write(file, drafted.text, force);
  return drafted;
}

/** A policy is no secret: others may read it. Without `force`, nothing that stands there is touched. */
function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx", mode: 0o644 });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw fileExists(file);
    const why = systemCode(error) ?? "unknown";
    throw new AgentkError("file-unreadable", `cannot write the policy \`${file}\` (${why})`, {
      cause: error,
      place: { file },
    });
  }
}

function fileExists(file: string): AgentkError {
  const hint = "name another with `--out`, or write over it with `--force`";
  return new AgentkError("file-exists", `the file \`${file}\` is there already`, { place: { file }, hint });
}
