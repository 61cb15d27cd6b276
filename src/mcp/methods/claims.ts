/**
 * What a caller says about itself: taken out of params before anything is judged or forwarded.
 * Attacker-controlled: all of it. Claimed labels may only raise, claimed capabilities are counted and never believed.
 */
import { TAG_FORM } from "../../abi/labels.js";
import { utf8Bytes } from "../../base/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { err, ok, type Result } from "../../base/result.js";
import { listOf, optional, record, text, type ShapeFault, type ShapeType } from "../../base/shape.js";

const MAX_CLAIMED = 64;

/** One prompt: what a person types or pastes. A whole document belongs on the run's socket, which takes more. */
export const MAX_PROMPT_BYTES = 64 * 1024;
const PROMPT = "agentk/prompt";

const CLAIM_MEMBERS = ["agentk", "_agentk"] as const;
const NO_CLAIMS: TakenClaims = { labels: [], capabilities: 0 };
const META_NAMES: ReadonlySet<string> = new Set(CLAIM_MEMBERS);
const META_PREFIXES = ["agentk/", "agentk.", "com.agentk/"];

const claimShape = record({
  intent: optional(text()),
  /** TAG_FORM also covers the six names of the lattice. */
  labels: optional(listOf(text({ form: TAG_FORM }), MAX_CLAIMED)),
  capabilities: optional(listOf(text(), MAX_CLAIMED)),
});

export interface TakenClaims {
  readonly labels: readonly string[];
  /** How many were claimed. */
  readonly capabilities: number;
  readonly intent?: string;
  /** What the client says its user said: the user's words only where the policy names this channel. */
  readonly prompt?: string;
}

export interface TakenParams {
  /** The very object given when it held nothing of agentk's. */
  readonly params: JsonObject;
  readonly claims?: TakenClaims;
}

/**
 * Splits params into what the server may see and what the caller claims, in `agentk` or `_agentk` and in
 * `_meta["agentk/prompt"]` of the params themselves. Other keys of agentk's under any `_meta` are removed and not read.
 * The given object is not changed.
 */
export function takeClaims(params: JsonObject): Result<TakenParams, ShapeFault> {
  const claim = takeClaim(params);
  if (!claim.ok) return claim;
  const prompt = promptIn(params);
  if (!prompt.ok) return prompt;
  const { rest, claims } = claim.value;
  const kept = withoutAgentkMeta(rest);
  if (prompt.value === undefined) return ok({ params: kept, ...(claims === undefined ? {} : { claims }) });
  return ok({ params: kept, claims: { ...(claims ?? NO_CLAIMS), prompt: prompt.value } });
}

function takeClaim(params: JsonObject): Result<{ rest: JsonObject; claims?: TakenClaims }, ShapeFault> {
  const given = CLAIM_MEMBERS.filter((name) => Object.hasOwn(params, name));
  const [member] = given;
  if (member === undefined) return ok({ rest: params });
  if (given.length > 1) return err({ path: "/_agentk", problem: "is claimed a second time" });
  const { [member]: claim, ...rest } = params;
  const fault = claimShape.check(claim, `/${member}`);
  if (fault !== undefined) return err(fault);
  return ok({ rest, claims: claimsOf(claim as ShapeType<typeof claimShape>) });
}

/** A `_meta` that is no object is the contract's to refuse. */
function promptIn(params: JsonObject): Result<string | undefined, ShapeFault> {
  const meta = params["_meta"];
  if (!isJsonObject(meta) || !Object.hasOwn(meta, PROMPT)) return ok(undefined);
  const prompt = meta[PROMPT];
  const path = "/_meta/agentk~1prompt";
  if (typeof prompt !== "string") return err({ path, problem: "is not a string" });
  const isTooLong = prompt.length > MAX_PROMPT_BYTES || utf8Bytes(prompt).length > MAX_PROMPT_BYTES;
  return isTooLong ? err({ path, problem: `is longer than ${String(MAX_PROMPT_BYTES)} bytes` }) : ok(prompt);
}

/**
 * The object without agentk's keys inside any `_meta`, at any depth. Also for results: what a server puts there
 * would pass for the kernel's own evidence. The given object is returned when nothing had to go, never changed.
 */
export function withoutAgentkMeta(object: JsonObject): JsonObject {
  return stripObject(object, false);
}

function claimsOf(claim: ShapeType<typeof claimShape>): TakenClaims {
  const { labels = [], capabilities = [], intent } = claim;
  return { labels, capabilities: capabilities.length, ...(intent === undefined ? {} : { intent }) };
}

/** Depth is bounded by the strict reader (MAX_JSON_DEPTH). */
function strip(value: JsonValue, isMeta: boolean): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (isJsonObject(value)) return stripObject(value, isMeta);
  const items = value.map((item) => strip(item, isMeta));
  return items.some((item, i) => item !== value[i]) ? items : value;
}

function stripObject(object: JsonObject, isMeta: boolean): JsonObject {
  let isChanged = false;
  const kept: [string, JsonValue][] = [];
  for (const [name, member] of Object.entries(object)) {
    const stripped = isMeta && isAgentkName(name) ? undefined : strip(member, isMeta || name === "_meta");
    if (stripped !== member) isChanged = true;
    if (stripped !== undefined) kept.push([name, stripped]);
  }
  return isChanged ? Object.fromEntries(kept) : object;
}

function isAgentkName(name: string): boolean {
  return META_NAMES.has(name) || META_PREFIXES.some((prefix) => name.startsWith(prefix));
}
