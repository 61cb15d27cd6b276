/**
 * The envelope that every request of 2026-07-28 carries in `_meta`: which revision it speaks, what the client can do,
 * who it says it is. Attacker-controlled: all of it. Nothing of an earlier request counts.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { err, ok, type Result } from "../../base/result.js";
import { optional, record, text, type Shape } from "../../base/shape.js";
import { idShape, jsonObject, openRecord } from "../methods/shapes.js";
import type { Grants } from "../methods/granted.js";
import { cutClient } from "./grants.js";
import { cutImplementation } from "./results.js";
import { META, MODERN, TRACE_KEYS } from "./revision.js";
import { LOG_LEVELS, logLevel } from "./shapes.js";

export type LogLevel = (typeof LOG_LEVELS)[number];

/** A name and a version, as people read them. */
const MAX_SAID = 256;
/** W3C Baggage section 3.3.2 lets a list be this long. */
const MAX_TRACE = 8192;

export interface Envelope {
  /** What the server gets as `_meta`. */
  readonly meta: JsonObject;
  /** What the client declared and the operator grants. */
  readonly capabilities: JsonObject;
  /** From which level on the server may send messages while the request is under way; absent for none. */
  readonly logLevel?: LogLevel;
  /** How many members of `_meta` the server does not get. */
  readonly dropped: number;
}

/** Why an envelope is refused. `version`: it speaks another revision. */
export interface EnvelopeFault {
  readonly kind: "version" | "malformed";
  readonly detail: string;
  /** The revision asked for, where it is another. */
  readonly requested?: string;
}

/** Closed enough for its three members to be read alike; what else it holds is dropped. */
const clientInfo = openRecord({
  name: text({ max: MAX_SAID }),
  version: text({ max: MAX_SAID }),
  title: optional(text({ max: MAX_SAID })),
});

const capabilities = openRecord({
  elicitation: optional(jsonObject),
  experimental: optional(jsonObject),
  extensions: optional(jsonObject),
  roots: optional(jsonObject),
  sampling: optional(jsonObject),
});

const MEMBERS: readonly (readonly [name: string, shape: Shape<unknown>])[] = [
  [META.capabilities, capabilities],
  [META.clientInfo, optional(clientInfo)],
  [META.logLevel, optional(logLevel)],
  ["progressToken", optional(idShape)],
  ...TRACE_KEYS.map((key) => [key, optional(text({ max: MAX_TRACE }))] as const),
];

const version = record({ version: text({ max: 32 }) });

/** Whether params claim to speak this revision at all, rightly or not. */
export function isEnveloped(params: JsonObject | undefined): boolean {
  const meta = params?.["_meta"];
  return isJsonObject(meta) && Object.hasOwn(meta, META.version);
}

/** Reads the envelope of one request. Keys of agentk's own are out already. */
export function readEnvelope(params: JsonObject, grants: Grants): Result<Envelope, EnvelopeFault> {
  const meta = params["_meta"];
  if (!isJsonObject(meta)) return malformed("params/_meta is missing");
  const asked = member(meta, META.version);
  if (asked === undefined) return malformed(`params/_meta names no ${META.version}`);
  if (version.check({ version: asked }, "") !== undefined) return malformed(`${META.version} is no revision`);
  if (asked !== MODERN) {
    return err({ kind: "version", detail: "the revision is not spoken here", requested: asked as string });
  }
  for (const [name, shape] of MEMBERS) {
    const value = member(meta, name);
    if (value === undefined && shape.isOptional === true) continue;
    if (value === undefined) return malformed(`params/_meta names no ${name}`);
    const fault = shape.check(value, "");
    if (fault !== undefined) return malformed(`params/_meta ${name}${fault.path} ${fault.problem}`);
  }
  return ok(cutEnvelope(meta, grants));
}

/** INVARIANT: the server gets the members named here and no others. */
function cutEnvelope(meta: JsonObject, grants: Grants): Envelope {
  const declared = meta[META.capabilities] as JsonObject;
  const capabilities = cutClient(declared, grants);
  const info = member(meta, META.clientInfo);
  const level = grants.has("logging") ? (member(meta, META.logLevel) as LogLevel | undefined) : undefined;
  const token = member(meta, "progressToken");
  const traces = grants.trace ? TRACE_KEYS.filter((key) => Object.hasOwn(meta, key)) : [];
  const kept: JsonObject = {
    ...Object.fromEntries(traces.map((key) => [key, meta[key] ?? null])),
    ...(token === undefined ? {} : { progressToken: token }),
    ...(isJsonObject(info) ? { [META.clientInfo]: cutImplementation(info) } : {}),
    ...(level === undefined ? {} : { [META.logLevel]: level }),
    [META.capabilities]: capabilities,
    [META.version]: MODERN,
  };
  const dropped = Object.keys(meta).length - Object.keys(kept).length;
  return { meta: kept, capabilities, ...(level === undefined ? {} : { logLevel: level }), dropped };
}

/** Whether a message of this level may come under an envelope that asked for some. */
export function mayLog(asked: LogLevel, level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(asked);
}

function member(meta: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(meta, name) ? meta[name] : undefined;
}

function malformed(detail: string): Result<never, EnvelopeFault> {
  return err({ kind: "malformed", detail });
}
