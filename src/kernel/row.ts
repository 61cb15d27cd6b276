/** One row of the syscall table: everything that is particular to a kind hangs here (design.md section 3). */
import type { SyscallRequest } from "../abi/request.js";
import type { Shape, ShapeType } from "../base/shape.js";
import type { Labels } from "../abi/labels.js";
import type { Risk, SyscallName } from "../abi/syscalls.js";

export interface Row {
  /** The kind's own fields of a request; unknown members are refused. */
  readonly subject: Shape<unknown>;
  /** What is acted on, as policies match it. Called only with a subject that has passed the shape. */
  readonly target: (subject: unknown, server: string) => string;
  /** The target as the log shows it: a target that can hold secrets keeps only its public part. */
  readonly shown: (target: string) => string;
  /** True when the log shows only a part of the target; the subject is then committed whole. */
  readonly isRedacted: boolean;
  /** The subject of an unredacted target, for a replay; `undefined` when the log cannot give it back. */
  readonly subjectOf: (target: string, server: string) => Readonly<Record<string, unknown>> | undefined;
  /** source: brings data to the agent; sink: carries data away. */
  readonly flow: "source" | "sink" | "both";
  /** Labels of what it brings back, unless the operator says otherwise. */
  readonly gives: Labels;
  /** The syscall that decides whether what it brings back may reach the agent. */
  readonly response: SyscallName;
  readonly risk: Risk;
  /** What performs it for an agent. `none`: the act is refused, whatever the policy says, until a driver exists. */
  readonly driver: "mcp" | "none";
  /** What performs it for a server, which asks the client (MCP: sampling, elicitation). */
  readonly serverDriver: "mcp" | "none";
}

/** Whether there is something that performs a row's act for the one who asks. */
export function isDriven(row: Row, from: SyscallRequest["from"]): boolean {
  return (from === "server" ? row.serverDriver : row.driver) !== "none";
}

type Written = "subject" | "target" | "shown" | "isRedacted" | "subjectOf" | "serverDriver";
type RowParts<S extends Shape<unknown>> = Omit<Row, Written> & {
  readonly subject: S;
  readonly serverDriver?: Row["serverDriver"];
  readonly target: (subject: ShapeType<S>, server: string) => string;
} & (
    | { readonly shown: (target: string) => string; readonly subjectOf?: undefined }
    | { readonly shown?: undefined; readonly subjectOf: (target: string, server: string) => ShapeType<S> | undefined }
  );

/** Makes a row: either its target is shown whole and gives the subject back, or it says how to redact it. */
export function defineRow<S extends Shape<unknown>>(parts: RowParts<S>): Row {
  const { subject, target, shown, subjectOf, serverDriver = "none", ...rest } = parts;
  return {
    ...rest,
    serverDriver,
    subject,
    target: (value, server) => target(value as ShapeType<S>, server),
    shown: shown ?? ((whole) => whole),
    isRedacted: shown !== undefined,
    subjectOf: (whole, server) => subjectOf?.(whole, server) as Readonly<Record<string, unknown>> | undefined,
  };
}

/** Bounds on what is shown: a host name has at most 253 characters (RFC 1035 section 2.3.4), and a port five. */
const MAX_SCHEME = 32;
const MAX_HOST = 260;

/**
 * The scheme and host of a URL-like target; path, query, fragment and credentials are not shown.
 * Attacker-controlled: credentials end at the last `@`, and a backslash ends the host (WHATWG URL section 4.4), so
 * that no part of a password or path is taken for a host.
 */
export function shownOrigin(target: string): string {
  const found = /^([a-z][a-z0-9+.-]*):(?:\/\/(?:[^/?#\\]*@)?([^/?#@\\]*))?/i.exec(target);
  if (found === null) return "(redacted)";
  const [, scheme = "", host = ""] = found;
  if (scheme.length > MAX_SCHEME || host.length > MAX_HOST) return "(redacted)";
  return host === "" ? `${scheme}:(redacted)` : `${scheme}://${host}/(redacted)`;
}

/** The part before the first slash: a namespace, a server. */
export function shownPrefix(target: string): string {
  const slash = target.indexOf("/");
  return slash < 0 ? "(redacted)" : `${target.slice(0, slash)}/(redacted)`;
}
