/**
 * Our contracts against the specification's own words. The names are in test/vectors. The schema and its examples are not
 * in this repository: with AGENTK_MCP_SCHEMA set to a folder that has `2026-07-28/schema.json` and
 * `2026-07-28/examples`, every example must pass, and what we accept the schema must accept.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/base/json.js";
import type { ModernRequest } from "../../../src/mcp/modern/contracts/contract.js";
import { inputRequestsShape, QUESTION_CONTRACTS } from "../../../src/mcp/modern/contracts/input.js";
import { toClient } from "../../../src/mcp/modern/results.js";
import { MODERN_CONTRACTS } from "../../../src/mcp/modern/table.js";
import names from "../../vectors/mcp-methods-2026.json" with { type: "json" };
import { bare, made } from "./fixture.js";

const named = (sender: string, form: string): readonly string[] =>
  MODERN_CONTRACTS.filter((row) => row.sender === sender && row.form === form)
    .map(({ method }) => method)
    .sort();

describe("every method of the specification has its row, and no other has one", () => {
  const tasks = names.extension_tasks;
  it.each([
    ["client", "request", [...names.client_requests, ...tasks.client_requests]],
    ["client", "notification", names.client_notifications],
    ["server", "request", names.server_requests as string[]],
    ["server", "notification", [...names.server_notifications, ...tasks.server_notifications]],
  ])("from the %s, as a %s", (sender, form, expected) => {
    expect(named(sender, form)).toEqual([...expected].sort());
  });

  it("a server asks within results what the specification lets it ask", () => {
    const kinds = names.input_requests.filter((method) => {
      const fault = inputRequestsShape.check({ a: { method } }, "");
      return !fault?.path.endsWith("/method");
    });
    expect(kinds).toEqual(names.input_requests);
    expect(inputRequestsShape.check({ a: { method: "ping" } }, "")?.path).toBe("/a/method");
  });
});

const root = process.env["AGENTK_MCP_SCHEMA"];
const folder = root === undefined ? "" : join(root, "2026-07-28");

function read(file: string): JsonObject {
  return JSON.parse(readFileSync(file, "utf8")) as JsonObject;
}

function examples(): readonly (readonly [type: string, file: string, value: JsonObject])[] {
  return readdirSync(join(folder, "examples")).flatMap((type) =>
    readdirSync(join(folder, "examples", type)).map((file) => [type, file, read(join(folder, "examples", type, file))]),
  ) as never;
}

/** Which row a type of the schema belongs to. */
const RESULTS: Readonly<Record<string, string>> = {
  CallToolResult: "tools/call",
  ListToolsResult: "tools/list",
  ListResourcesResult: "resources/list",
  ListResourceTemplatesResult: "resources/templates/list",
  ReadResourceResult: "resources/read",
  ListPromptsResult: "prompts/list",
  GetPromptResult: "prompts/get",
  CompleteResult: "completion/complete",
  DiscoverResult: "server/discover",
  SubscriptionsListenResult: "subscriptions/listen",
  InputRequiredResult: "tools/call",
};

const requestRow = (method: string): ModernRequest =>
  MODERN_CONTRACTS.find((row) => row.form === "request" && row.method === method) as ModernRequest;

/** What is wrong with a value by our contracts; undefined when nothing is; `none` for a type that crosses no wire alone. */
function ourFault(type: string, value: JsonObject): unknown {
  const body = type.endsWith("ResultResponse") ? (value["result"] as JsonObject) : value;
  const method = RESULTS[type.replace(/Response$/, "")];
  if (method !== undefined) return requestRow(method).result.check(body, "");
  if (type === "CreateMessageRequest" || type === "ElicitRequest" || type === "ListRootsRequest")
    return inputRequestsShape.check({ a: value }, "");
  if (type === "InputRequests") return inputRequestsShape.check(value, "");
  if (type === "CreateMessageResult") return QUESTION_CONTRACTS.sampling.result.check(value, "");
  if (type === "ElicitResult") return elicitedFault(value);
  if (/^ElicitRequest.*Params$/.test(type))
    return inputRequestsShape.check({ a: { method: "elicitation/create", params: value } }, "");
  if (type === "CreateMessageRequestParams")
    return inputRequestsShape.check({ a: { method: "sampling/createMessage", params: value } }, "");
  if (type.endsWith("Request")) return requestFault(value);
  return type.endsWith("Notification") ? notificationFault(value) : "none";
}

/** As the answer to a form that asks for every field it has. */
function elicitedFault(value: JsonObject): unknown {
  const { result, answerFault } = QUESTION_CONTRACTS.elicitation;
  const { content } = value;
  const requestedSchema = { type: "object", properties: isJsonObject(content) ? content : {} };
  return result.check(value, "") ?? answerFault?.(value, { requestedSchema });
}

function requestFault(value: JsonObject): string | undefined {
  if (MODERN_CONTRACTS.every(({ method }) => method !== value["method"])) return "no row";
  const { params } = value as { params: JsonObject };
  const { session, retries } = made();
  // A cursor is one that this session has been given: params are held against the row and its envelope apart.
  const { cursor, ...rest } = params;
  if (cursor !== undefined && requestRow(value["method"] as string).params.check(params, "") !== undefined)
    return "cursor";
  if (rest["requestState"] !== undefined) retries.open({ method: "", target: "", params: {} }, { questions: [] });
  const admission = session.admit(bare("x", value["method"] as string, rest));
  return admission.ok ? undefined : admission.detail;
}

function notificationFault(value: JsonObject): unknown {
  const { method, params = {} } = value as { method?: string; params?: JsonObject };
  const row = MODERN_CONTRACTS.find((one) => one.form === "notification" && one.method === method);
  return row === undefined ? "no row" : row.params.check(params, "");
}

/** A value with one of its members dropped, or replaced by something else. */
function mutants(value: JsonValue): fc.Arbitrary<JsonValue> {
  const other = fc.constantFrom<JsonValue>(null, true, 0, -1, 0.5, "", "x", "text", "https://a.example/", [], {}, [{}]);
  if (!isJsonObject(value)) {
    if (!Array.isArray(value) || value.length === 0) return other;
    const items = value as readonly JsonValue[];
    return fc
      .nat(items.length - 1)
      .chain((at) =>
        mutants(items[at] ?? null).map((made) => items.map((item, index) => (index === at ? made : item))),
      );
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return other;
  return fc.oneof(
    { weight: 1, arbitrary: other },
    { weight: 2, arbitrary: fc.constantFrom(...keys).map((key) => without(value, key)) },
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(...keys)
        .chain((key) => mutants(value[key] ?? null).map((made) => ({ ...value, [key]: made }))),
    },
  );
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

describe.skipIf(root === undefined)("the official schema of 2026-07-28", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  // schema.json says integer, and no null, where the specification's own schema.ts says number and any JSON value.
  const source = root === undefined ? "{}" : JSON.stringify(read(join(folder, "schema.json")));
  const widened = source
    .replaceAll('["string","integer","boolean"]', '["string","number","boolean"]')
    .replace(/("JSONValue":\{"anyOf":\[.*?"type":)\[[^\]]*\]/, '$1["string","number","boolean","null"]');
  const schema = JSON.parse(widened) as JsonObject;
  ajv.addSchema({ ...schema, $id: "mcp" });
  const official = (type: string): ValidateFunction => {
    const found = ajv.getSchema(`mcp#/$defs/${type}`);
    if (found === undefined) throw new Error(`the schema has no ${type}`);
    return found;
  };

  it("its examples pass", () => {
    const checked = examples().map(([type, file, value]) => [type, file, ourFault(type, value)] as const);
    const judged = checked.filter(([, , fault]) => fault !== "none");
    console.log(`${String(judged.length)} of ${String(checked.length)} official examples are of a message with a row`);
    expect(judged.filter(([, , fault]) => fault !== undefined)).toEqual([]);
    expect(judged.length).toBeGreaterThan(50);
  });

  it("accepts what we accept, and what we hand on", () => {
    let accepted = 0;
    let tried = 0;
    for (const [type, , value] of examples()) {
      if (ourFault(type, value) === "none") continue;
      fc.assert(
        fc.property(mutants(value), (mutant) => {
          tried++;
          if (!isJsonObject(mutant) || !isWhole(type, mutant) || ourFault(type, mutant) !== undefined) return;
          accepted++;
          const isOk = official(type)(handed(type, mutant));
          expect([type, mutant, isOk ? [] : official(type).errors]).toEqual([type, mutant, []]);
        }),
        { numRuns: 300 },
      );
    }
    console.log(`${String(accepted)} of ${String(tried)} mutants of official examples are accepted`);
    expect(accepted).toBeGreaterThan(100);
  });

  /** What the strict reader of lines has checked before any contract is asked. */
  function isWhole(type: string, value: JsonObject): boolean {
    const { jsonrpc, id, method, params, result } = value;
    if (type.endsWith("ResultResponse"))
      return jsonrpc === "2.0" && id !== undefined && isId(id) && isJsonObject(result);
    const isNotification = type.endsWith("Notification");
    const isQuestion = ["CreateMessageRequest", "ElicitRequest", "ListRootsRequest"].includes(type);
    if (isQuestion || !(type.endsWith("Request") || isNotification)) return true;
    const isCall = jsonrpc === "2.0" && typeof method === "string" && (params === undefined || isJsonObject(params));
    return isCall && (isNotification ? id === undefined : isId(id)) && (isNotification || params !== undefined);
  }

  function isId(id: JsonValue | undefined): boolean {
    return typeof id === "string" || Number.isSafeInteger(id);
  }

  /** What the other side gets of an accepted value: of a result or a request what our lenses leave of it. */
  function handed(type: string, value: JsonObject): JsonObject {
    const method = RESULTS[type.replace(/Response$/, "")];
    const result = type.endsWith("Response") ? (value["result"] as JsonObject) : value;
    if (method !== undefined && result["resultType"] !== "input_required") {
      const lensed = toClient(result, requestRow(method));
      const answer = method === "server/discover" ? { ...lensed, capabilities: {} } : lensed;
      return type.endsWith("Response") ? { ...value, result: answer } : answer;
    }
    if (!type.endsWith("Request") || value["jsonrpc"] === undefined) return value;
    const { cursor, ...rest } = value["params"] as JsonObject;
    const admission = made().session.admit(bare("x", value["method"] as string, rest));
    if (!admission.ok) return value;
    return { ...value, params: { ...admission.params, ...(cursor === undefined ? {} : { cursor }) } };
  }
});
