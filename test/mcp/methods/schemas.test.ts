/**
 * Every name of every published revision has a verdict, and no contract is for a name that its revision does not have.
 * With the official schemas in a folder (AGENTK_MCP_SCHEMA, see test/scripts/mcp-methods.mjs), also: what a contract
 * accepts, the official schema accepts, and what the official examples say passes.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/base/json.js";
import { CONTRACTS, contractFor } from "../../../src/mcp/methods/table.js";
import { hasBlockLists } from "../../../src/mcp/methods/sampling.js";
import { REVISIONS } from "../../../src/mcp/wire/revisions.js";
import names from "../../vectors/mcp-methods.json" with { type: "json" };
import { SEEDS, type Seed } from "./seeds.js";

type Sender = "client" | "server";
type Form = "request" | "notification";
const DIRECTIONS = (["client", "server"] as const).flatMap((sender) =>
  (["request", "notification"] as const).map((form) => [sender, form] as const),
);

/** Refused on purpose, each with its reason in docs/mcp-methods.md. */
const REFUSED: Readonly<Record<`${Sender} ${Form}`, readonly string[]>> = {
  "client request": [],
  "server request": ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"],
  "client notification": ["notifications/roots/list_changed", "notifications/tasks/status"],
  "server notification": [],
};

describe.each(REVISIONS)("revision %s", (revision) => {
  it.each(DIRECTIONS)("has a verdict on every %s %s", (sender, form) => {
    const unjudged = names[revision][sender][form].filter((method) => {
      const isRefused = REFUSED[`${sender} ${form}`].includes(method);
      return isRefused === (contractFor(sender, form, method)?.revisions.includes(revision) === true);
    });
    expect(unjudged).toEqual([]);
  });

  it("has every name that a contract says it has", () => {
    const unknown = CONTRACTS.filter(
      ({ sender, form, method, revisions }) =>
        revisions.includes(revision) && !(names[revision][sender][form] as readonly string[]).includes(method),
    );
    expect(unknown.map(({ sender, method }) => `${sender} ${method}`)).toEqual([]);
  });
});

it("tries a right message of every contract", () => {
  const tried = SEEDS.map(({ sender, method }) => `${sender} ${method}`).sort();
  expect(tried).toEqual(CONTRACTS.map(({ sender, method }) => `${sender} ${method}`).sort());
});

const folder = process.env["AGENTK_MCP_SCHEMA"] ?? "";
const hasOracles = folder !== "" && existsSync(folder);
const RUNS = Number(process.env["AGENTK_MCP_SCHEMA_RUNS"] ?? "300");

interface Definition {
  readonly properties?: { readonly method?: { readonly const?: string } };
}

/** The official schema of one revision: whether it accepts a value as one of its definitions. */
function oracleOf(revision: string): {
  accepts: (name: string, value: unknown) => boolean;
  nameOf: (seed: Seed) => string;
} {
  const schema = JSON.parse(readFileSync(join(folder, revision, "schema.json"), "utf8")) as JsonObject;
  const key = schema["$defs"] === undefined ? "definitions" : "$defs";
  const definitions = schema[key] as unknown as Readonly<Record<string, Definition>>;
  const ajv = key === "$defs" ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS);
  ajv.addSchema(schema, "mcp");
  return {
    accepts: (name, value) => ajv.validate({ $ref: `mcp#/${key}/${name}` }, value),
    nameOf: ({ method }) =>
      Object.entries(definitions).find(([, { properties }]) => properties?.method?.const === method)?.[0] ?? "",
  };
}
/** The official schema takes no fraction for the value of a form's field, though it has fields of the type `number`. */
function hasFraction(result: JsonValue): boolean {
  const { content } = result as JsonObject;
  const values = typeof content === "object" && content !== null ? Object.values(content) : [];
  return values.some((value) => typeof value === "number" && !Number.isInteger(value));
}

/** Of the newest era alone: structured content that is no object, and a link without an id. */
const MODERN_ONLY = ["result-with-array-structured-content.json", "elicit-sensitive-data.json"];

const OPTIONS = { strict: false, validateFormats: false } as const;

const junk = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, 0, 1, -1, 0.5, 1e9, "", "x", "user", "text", [], ["x"], [1], {}, { a: 1 }),
  fc.json().map((text) => JSON.parse(text) as JsonValue),
);
const MEMBERS = ["_meta", "type", "text", "data", "annotations", "title", "name", "cursor", "uri", "mode", "size", "x"];

interface Cut {
  readonly at: number;
  readonly how: "replace" | "remove" | "add";
  readonly member: string;
  readonly value: JsonValue;
}
const cuts = fc.array(
  fc.record<Cut>({
    at: fc.nat(60),
    how: fc.constantFrom("replace", "remove", "add"),
    member: fc.constantFrom(...MEMBERS),
    value: junk,
  }),
  { minLength: 1, maxLength: 3 },
);

/** The value with one place, counted from its root, changed. */
function mutated(value: JsonValue, { at, how, member, value: made }: Cut): JsonValue {
  const copy = structuredClone(value) as unknown;
  const places: (() => void)[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const held = node as Record<string, unknown>;
    if (!Array.isArray(node)) {
      places.push(() => {
        if (how === "add") held[member] = made;
      });
    }
    for (const key of Object.keys(held)) {
      places.push(() => {
        if (how === "replace") held[key] = made;
        else if (how === "remove" && !Array.isArray(node)) Reflect.deleteProperty(held, key);
      });
      walk(held[key]);
    }
  };
  walk(copy);
  places[at % Math.max(1, places.length)]?.();
  return copy as JsonValue;
}

describe.each(hasOracles ? REVISIONS : [])("against the official schema of %s", (revision) => {
  const oracle = oracleOf(revision);
  const spoken = SEEDS.filter(({ sender, method }) => {
    const form = method.startsWith("notifications/") ? "notification" : "request";
    return contractFor(sender, form, method)?.revisions.includes(revision) === true;
  });

  it.each(spoken.map((seed) => [`${seed.sender} ${seed.method}`, seed] as const))(
    "%s: what the contract accepts, it accepts",
    (_, seed) => {
      const isRequest = !seed.method.startsWith("notifications/");
      const contract = contractFor(seed.sender, isRequest ? "request" : "notification", seed.method);
      const envelope = { jsonrpc: "2.0", method: seed.method, ...(isRequest ? { id: 1 } : {}) };
      for (const params of seed.params) expect(contract?.params.check(params, "")).toBeUndefined();
      let accepted = 0;
      const hold = (params: JsonValue): void => {
        if (contract?.params.check(params, "") !== undefined || isLater(seed.method, params)) return;
        accepted++;
        expect(oracle.accepts(oracle.nameOf(seed), { ...envelope, params })).toBe(true);
      };
      seed.params.forEach(hold);
      fc.assert(
        fc.property(fc.constantFrom(...seed.params), cuts, (params, made) => {
          hold(made.reduce<JsonValue>(mutated, params));
        }),
        { numRuns: RUNS },
      );
      expect(accepted).toBeGreaterThan(0);
    },
  );

  /** What server-side.ts refuses before the newest revision: lists of blocks. */
  function isLater(method: string, params: JsonValue): boolean {
    return method === "sampling/createMessage" && revision !== "2025-11-25" && hasBlockLists(params as JsonObject);
  }

  const answered = revision === REVISIONS.at(-1) ? spoken.filter(({ result }) => result !== undefined) : [];
  it.each(answered.map((seed) => [`${seed.sender} ${seed.method}`, seed] as const))(
    "%s: the results that the contract accepts, it accepts",
    (_, seed) => {
      const contract = contractFor(seed.sender, "request", seed.method);
      if (contract?.form !== "request") throw new Error("a result without a request");
      const hold = (result: JsonValue): void => {
        if (contract.result.check(result, "") !== undefined || hasFraction(result)) return;
        expect(oracle.accepts(seed.result ?? "", result)).toBe(true);
      };
      for (const result of seed.results ?? []) expect(contract.result.check(result, "")).toBeUndefined();
      fc.assert(
        fc.property(fc.constantFrom(...(seed.results ?? [{}])), cuts, (result, made) => {
          hold(made.reduce<JsonValue>(mutated, result));
        }),
        { numRuns: RUNS },
      );
    },
  );
});

describe.runIf(hasOracles)("the official examples", () => {
  /** Results and questions have one form in all eras; requests of the modern one have an envelope of their own. */
  const RESULTS: Readonly<Record<string, readonly [Sender, string]>> = Object.fromEntries(
    SEEDS.filter(({ result }) => result !== undefined && result !== "EmptyResult" && result !== "InitializeResult").map(
      ({ sender, method, result = "" }) => [result, [sender, method] as const],
    ),
  );
  const QUESTIONS: Readonly<Record<string, readonly [Sender, string]>> = {
    ElicitRequestFormParams: ["server", "elicitation/create"],
    ElicitRequestURLParams: ["server", "elicitation/create"],
    CreateMessageRequestParams: ["server", "sampling/createMessage"],
  };
  const examples = join(folder, "2026-07-28", "examples");
  const filesOf = (name: string): readonly string[] =>
    existsSync(join(examples, name))
      ? readdirSync(join(examples, name))
          .filter((file) => !MODERN_ONLY.includes(file))
          .map((file) => join(examples, name, file))
      : [];
  const cases = [...Object.keys(RESULTS), ...Object.keys(QUESTIONS)].flatMap((name) =>
    filesOf(name).map((file) => [`${name}/${file.split("/").at(-1) ?? ""}`, name, file] as const),
  );

  it.each(cases)("%s passes", (_, name, file) => {
    const value = JSON.parse(readFileSync(file, "utf8")) as JsonObject;
    const [sender, method] = RESULTS[name] ?? QUESTIONS[name] ?? ["client", ""];
    const contract = contractFor(sender, "request", method);
    if (contract?.form !== "request") throw new Error(`no contract for ${method}`);
    expect((name in RESULTS ? contract.result : contract.params).check(value, "")).toBeUndefined();
  });
});
