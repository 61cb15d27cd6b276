/** What a run answers on its control socket: one row an operation. Attacker-controlled: the requests. */
import { openPayload } from "../../abi/request.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import { oneOf, record, text, type Shape, type ShapeType } from "../../base/shape.js";
import { refused } from "../../host/control-socket.js";
import type { Dispatch } from "../../kernel/dispatch.js";
import { USER_PAGE } from "../../mcp/relay-parts.js";
import type { McpRequest } from "../../mcp/upstream.js";

export interface ControlParts {
  readonly run: string;
  readonly sessions: readonly string[];
  readonly dispatch: Pick<Dispatch<McpRequest>, "page" | "release" | "current" | "fault">;
}

/** One operation. An answer may take its time: nothing else is taken from that connection meanwhile. */
interface Operation {
  /** Closed: an unknown member is refused. */
  readonly shape: Shape<unknown>;
  readonly answer: (parts: ControlParts, request: JsonObject) => Promise<JsonObject> | JsonObject;
}

const contextAddShape = record({
  op: oneOf(["context.add"]),
  session: text({ max: 128 }),
  as: oneOf(["user"]),
  text: text(),
});

/** INVARIANT: answered after the words are a line of the log. */
async function addContext({ sessions, dispatch }: ControlParts, request: JsonObject): Promise<JsonObject> {
  const { session, text: words } = request as ShapeType<typeof contextAddShape>;
  if (!sessions.includes(session)) return refused("the run has no such session");
  if (words === "") return refused("/text is empty");
  const page = await dispatch.page({ session, ...USER_PAGE, content: openPayload(canonicalJson(words)) });
  if (page !== undefined) return { ok: true, page: page.value.page };
  return refused(dispatch.fault === undefined ? "the run has ended" : "it could not be recorded");
}

const contextReleaseShape = record({
  op: oneOf(["context.release"]),
  session: text({ max: 128 }),
  axis: oneOf(["integrity", "confidentiality"]),
});

/** INVARIANT: the labels are lowered by the line that says so, or not at all. */
async function releaseContext({ sessions, dispatch }: ControlParts, request: JsonObject): Promise<JsonObject> {
  const { session, axis } = request as ShapeType<typeof contextReleaseShape>;
  if (dispatch.current.policy?.compiled.document.trust.release !== true)
    return refused("the policy does not say `release = true` under `[trust]`");
  if (!sessions.includes(session)) return refused("the run has no such session");
  if (await dispatch.release({ session, axis, by: "control-socket" })) return { ok: true };
  return refused(dispatch.fault === undefined ? "the run has ended" : "it could not be recorded");
}

function status({ run, sessions, dispatch }: ControlParts): JsonObject {
  const { seq, allowed, denied, inFlight } = dispatch.current;
  const counts = { lines: seq, allowed, denied, in_flight: inFlight };
  return { ok: true, run, sessions, ...counts, recording: dispatch.fault === undefined };
}

/** A map, not an object: `constructor` is no operation. */
const OPERATIONS: ReadonlyMap<unknown, Operation> = new Map<unknown, Operation>([
  ["context.add", { shape: contextAddShape, answer: addContext }],
  ["context.release", { shape: contextReleaseShape, answer: releaseContext }],
  ["status", { shape: record({ op: oneOf(["status"]) }), answer: status }],
]);

/** The answers of a run. Before its first lines are written there is nothing to answer, and nothing is recorded. */
export function createControl(parts: ControlParts): (request: JsonObject) => Promise<JsonObject> {
  return async (request) => {
    const operation = OPERATIONS.get(request["op"]);
    if (operation === undefined) return refused(`/op is none of ${[...OPERATIONS.keys()].join(", ")}`);
    const fault = operation.shape.check(request, "");
    if (fault !== undefined) return refused(`${fault.path} ${fault.problem}`);
    if (parts.dispatch.current.run === undefined) return refused("the run has not begun");
    return operation.answer(parts, request);
  };
}
