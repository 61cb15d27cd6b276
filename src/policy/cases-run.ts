/**
 * Runs policy cases. The world is the real kernel's, given by the caller: labels, provenance and history are what it
 * derives from the pages, words and calls of the case, and nothing here decides.
 */
import type { Decision } from "../abi/decision.js";
import type { SyscallName } from "../abi/syscalls.js";
import type { Expectation, PolicyCase } from "./cases.js";
import type { PolicyFault } from "./fault.js";

export interface CasePage {
  readonly server: string;
  readonly tool?: string;
  readonly method: string;
  /** Any TOML value. */
  readonly result: unknown;
}

export interface CaseCall {
  readonly syscall: SyscallName;
  readonly server: string;
  readonly tool?: string;
  readonly target?: string;
  readonly agent?: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Joined to what the kernel derives, as a client's claims are. */
  readonly labels: readonly string[];
  /** Wall clock, in milliseconds; without it, some fixed time. */
  readonly at_ms?: number;
}

/** One session of a fresh run under the policy. A page and words are in force for the calls after them. */
export interface CaseWorld {
  readonly page: (page: CasePage) => void | Promise<void>;
  /** By a channel that counts as the user's. */
  readonly user: (text: string) => void | Promise<void>;
  readonly call: (call: CaseCall) => Decision | Promise<Decision>;
}

/** A new world for one case; the policy's source has been parsed without a fault. */
export type OpenCaseWorld = (source: string) => CaseWorld | Promise<CaseWorld>;

export interface CaseResult {
  readonly name: string;
  readonly line: number;
  readonly ok: boolean;
  readonly expected: string;
  /** `verdict:rule reason` as the kernel decided; undefined when the case could not be run. */
  readonly actual: string | undefined;
  /** Why it failed, one line; empty when it did not. */
  readonly why: string;
}

/** What came of one file of cases. */
export interface CaseFileResult {
  readonly file: string;
  readonly policy: string;
  /** What is wrong with the cases or the policy; no case was run then. */
  readonly faults: readonly (PolicyFault & { readonly file: string })[];
  readonly results: readonly CaseResult[];
}

/** INVARIANT: a case that cannot be run fails. */
export async function runCase(one: PolicyCase, source: string, open: OpenCaseWorld): Promise<CaseResult> {
  const { name, line } = one;
  const expected = expectationText(one.expect);
  try {
    const decision = await decide(one, await open(source));
    const actual = `${decision.verdict}:${decision.rule} ${decision.reason}`;
    const why = mismatch(one.expect, decision);
    return { name, line, ok: why === "", expected, actual, why };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name, line, ok: false, expected, actual: undefined, why: `the case could not be run: ${problem}` };
  }
}

async function decide(one: PolicyCase, world: CaseWorld): Promise<Decision> {
  for (const text of one.user) await world.user(text);
  for (const { server = one.server, method = "tools/call", result, ...page } of one.pages)
    await world.page({ ...page, server, method, result });
  for (const [index, earlier] of one.earlier.entries()) await before(one, index, world, earlier);
  return world.call(callOf(one, one));
}

type Earlier = PolicyCase["earlier"][number];

/** An earlier call that did not pass is not counted by any rule: the case would then test something else. */
async function before(one: PolicyCase, index: number, world: CaseWorld, earlier: Earlier): Promise<void> {
  const call = { syscall: one.syscall, server: one.server, arguments: {}, labels: [], ...earlier };
  const { verdict, rule } = await world.call(callOf(one, call));
  if (verdict !== "allow" && verdict !== "transform")
    throw new Error(`earlier call ${String(index + 1)} did not pass: ${verdict}:${rule}`);
}

type CallParts = Pick<PolicyCase, "syscall" | "server" | "arguments" | "labels"> &
  Pick<Earlier, "tool" | "target" | "at">;

function callOf({ agent }: PolicyCase, { syscall, server, tool, target, at, ...rest }: CallParts): CaseCall {
  return {
    syscall,
    server,
    ...(tool !== undefined && { tool }),
    ...(target !== undefined && { target }),
    ...(agent !== undefined && { agent }),
    ...(at !== undefined && { at_ms: at }),
    arguments: rest.arguments,
    labels: rest.labels,
  };
}

function expectationText({ verdict, rule, reason }: Expectation): string {
  return `${verdict}${rule === undefined ? "" : `:${rule}`}${reason === undefined ? "" : ` ${reason}`}`;
}

function mismatch(expected: Expectation, actual: Decision): string {
  if (expected.verdict !== actual.verdict) return `expected the verdict ${expected.verdict}, got ${actual.verdict}`;
  if (expected.rule !== undefined && expected.rule !== actual.rule)
    return `expected the rule ${expected.rule} to decide, but ${actual.rule} did`;
  if (expected.reason !== undefined && expected.reason !== actual.reason)
    return `expected the reason ${expected.reason}, got ${actual.reason}`;
  return "";
}
