/** What is known of a call from its kind and the policy alone, before any rule is asked. */
import type { SyscallName } from "../abi/syscalls.js";
import type { PolicyDocument } from "./ast.js";
import { fitsAll } from "./check/globs.js";
import type { Part, PartOf } from "./check/parts.js";
import { classifySyscall } from "./classify/act.js";

const WITH_TOOL: ReadonlySet<SyscallName> = new Set(["tool.invoke", "tool.response"]);
const WILD = /[*?\\]/;

/** `tool`: a glob that the call's tool is to fit. */
export function knownOf(document: PolicyDocument, kind: SyscallName, tool: string | undefined): readonly Part[] {
  return [...toolOf(kind, tool), ...classOf(kind, tool), ...userOf(document), ...grantsOf(document, kind)];
}

const ANY_TOOL: PartOf<"globs"> = { on: "globs", field: "tool", globs: ["*"], at: [] };

function toolOf(kind: SyscallName, tool: string | undefined): readonly Part[] {
  if (!WITH_TOOL.has(kind)) return [{ on: "not", parts: [ANY_TOOL], at: [] }];
  return [{ ...ANY_TOOL, globs: [tool ?? "*"] }];
}

/** A tool's class is known from its name; a response may be judged by the class of its call. */
function classOf(kind: SyscallName, tool: string | undefined): readonly Part[] {
  const isNamed = tool !== undefined && !WILD.test(tool);
  if (kind === "tool.invoke" ? !isNamed : kind.endsWith(".response")) return [];
  const { act, risk } = classifySyscall(kind, tool);
  return [
    { on: "act", acts: [act], at: [] },
    { on: "risk", risks: [risk], at: [] },
  ];
}

/** Without a channel of the user's no `intent` holds. */
function userOf({ trust }: PolicyDocument): readonly Part[] {
  if (trust.client_prompt !== "none" || trust.context_socket) return [];
  return [{ on: "not", parts: [{ on: "intent", words: ["*"], at: [] }], at: [] }];
}

/** No grant of the kind: never present. One without any bound: always. Else it may be either. */
function grantsOf({ grants }: PolicyDocument, kind: SyscallName): readonly Part[] {
  const ours = grants.filter(({ capability }) => capability.kind === kind);
  const isAlways = ours.some(
    ({ capability: { target }, agent, uses, expires }) =>
      fitsAll(target) && fitsAll(agent ?? "*") && uses === undefined && expires === undefined,
  );
  if (ours.length > 0 && !isAlways) return [];
  return [{ on: "capability", state: isAlways ? "present" : "missing", at: [] }];
}
