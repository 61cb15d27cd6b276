/** A proxy before the scripted server, with what the server has seen and what the log says of it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fixture, ProxyProcess, testFolder, type LoggedEvent } from "./proxy-process.js";

const BY_SESSION = fixture("policies/by-session.toml");

export interface ScriptedProxy {
  readonly proxy: ProxyProcess;
  /** Every line the server has got so far, as it got it, but for those that agentk asks by itself. */
  readonly seen: () => readonly string[];
  /** The methods of these lines, in order. */
  readonly seenMethods: () => readonly (string | undefined)[];
}

export interface ScriptedSetup {
  readonly flags?: readonly string[];
  /** The text of a policy file; without it, one that asks what the session has read, and for no value. */
  readonly policy?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function startScripted(name: string, setup: ScriptedSetup = {}): ScriptedProxy {
  const cwd = testFolder(name);
  const transcript = join(cwd, "seen");
  const policyFile = join(cwd, "policy.toml");
  if (setup.policy !== undefined) writeFileSync(policyFile, setup.policy);
  const proxy = new ProxyProcess({
    cwd,
    server: [process.execPath, fixture("servers/scripted.mjs"), transcript],
    flags: ["--policy", setup.policy === undefined ? BY_SESSION : policyFile, ...(setup.flags ?? [])],
    ...(setup.env === undefined ? {} : { env: setup.env }),
  });
  const seen = (): readonly string[] =>
    existsSync(transcript) ? readFileSync(transcript, "utf8").split("\n").slice(0, -1).filter(isOfClient) : [];
  return { proxy, seen, seenMethods: () => seen().map((line) => (JSON.parse(line) as { method?: string }).method) };
}

/** agentk's own look at the list of tools, before the first call, has an id that no client gives. */
function isOfClient(line: string): boolean {
  return !/"id":"agentk:[0-9a-f]{32}"/.test(line);
}

/** What a syscall event says of a request, in the words tests compare. */
export interface JudgedCall {
  readonly from: unknown;
  readonly kind: unknown;
  readonly target: unknown;
  /** `verdict:rule`. */
  readonly decision: string;
}

export function judgedCall({ value }: LoggedEvent): JudgedCall {
  const { kind, target, decision } = value;
  return { from: value["from"], kind, target, decision: `${decision?.verdict ?? ""}:${decision?.rule ?? ""}` };
}

/** The syscall events of a run so far, in order. */
export function judgedCalls(proxy: ProxyProcess): readonly JudgedCall[] {
  return proxy
    .events()
    .filter(({ type, value }) => type === "syscall" && value["from"] !== "agentk")
    .map(judgedCall);
}

/** How the log names a refusal of the boundary. */
export function refusedCall(target: string, rule: string, from: "client" | "server" = "client"): JudgedCall {
  return { from, kind: "unknown", target, decision: `deny:${rule}` };
}
