/** The shapes that several contracts share, beyond those of base/shape. */
import { NAME_FORM } from "../../abi/signed.js";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { MAX_ID_CHARS, MAX_NAME_CHARS, MAX_URI_CHARS } from "../../base/limits.js";
import {
  anyObject,
  listOf,
  oneOf,
  optional,
  record,
  text,
  type Shape,
  type ShapeFault,
  type ShapeType,
} from "../../base/shape.js";
import type { RequestId } from "../wire/message.js";

/** The name of a tool or prompt: shown to people, so no control characters. */
export const toolName = text({ max: MAX_NAME_CHARS, form: NAME_FORM });

/** An object of a message that was read strictly, its members not looked at. */
export const jsonObject: Shape<JsonObject> = anyObject() as Shape<JsonObject>;

/** A request id or a progress token: the schema gives both the same form. */
export const idShape: Shape<RequestId> = {
  check: (value, path) => (isToken(value) ? undefined : { path, problem: "is not a string or a safe integer" }),
};

/** Any JSON number: the strict reader admits no other than finite ones. */
export const number: Shape<number> = {
  check: (value, path) => (typeof value === "number" ? undefined : { path, problem: "is not a number" }),
};

/** `_meta` of a request: any object; when it asks for progress, with a token that can be matched. */
export const requestMeta: Shape<JsonObject> = {
  check: (value, path) => {
    if (!isJsonObject(value)) return { path, problem: "is not an object" };
    const token = value["progressToken"];
    return token === undefined ? undefined : idShape.check(token, `${path}/progressToken`);
  },
};

/** Params that may hold `_meta` and nothing else. */
export const metaOnly = record({ _meta: optional(requestMeta) });

type OpenType<F extends Readonly<Record<string, Shape<unknown>>>> = JsonObject &
  ShapeType<ReturnType<typeof record<F>>>;

/** An object with at least these members, others not looked at: what servers of any revision answer. */
export function openRecord<F extends Readonly<Record<string, Shape<unknown>>>>(fields: F): Shape<OpenType<F>> {
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      for (const [name, shape] of Object.entries(fields)) {
        const found = memberFault(value, name, shape);
        if (found !== undefined) return { path: `${path}${found.path}`, problem: found.problem };
      }
      return undefined;
    },
  };
}

/** The progress token a request of checked params asks for. */
export function progressTokenOf(params: JsonObject | undefined): RequestId | undefined {
  const meta = params?.["_meta"];
  const token = isJsonObject(meta) ? meta["progressToken"] : undefined;
  return isToken(token) ? token : undefined;
}

function memberFault(object: JsonObject, name: string, shape: Shape<unknown>): ShapeFault | undefined {
  if (Object.hasOwn(object, name)) return shape.check(object[name], `/${name}`);
  return shape.isOptional === true ? undefined : { path: `/${name}`, problem: "is missing" };
}

function isToken(value: unknown): value is RequestId {
  return typeof value === "string" ? value.length <= MAX_ID_CHARS : Number.isSafeInteger(value);
}

/** A number within bounds. */
export function bounded(min: number, max: number): Shape<number> {
  return {
    check: (value, path) =>
      typeof value === "number" && value >= min && value <= max
        ? undefined
        : { path, problem: `is not a number from ${String(min)} to ${String(max)}` },
  };
}

/** What begins like an absolute URI (RFC 3986 section 3) and has no blank or control character in it. */
export const uriText = text({ max: MAX_URI_CHARS, form: /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}\p{Cf}]*$/iu });

/** One of two shapes; the fault told is the first one's. */
export function eitherOf<A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> {
  return {
    check: (value, path) => {
      const fault = first.check(value, path);
      return fault === undefined || second.check(value, path) === undefined ? undefined : fault;
    },
  };
}

/** An object whose member `name` says which of the shapes it has. */
export function byMember(name: string, shapes: Readonly<Record<string, Shape<unknown>>>): Shape<JsonObject> {
  const known = new Map(Object.entries(shapes));
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      const kind = value[name];
      const shape = typeof kind === "string" ? known.get(kind) : undefined;
      return shape === undefined
        ? { path: `${path}/${name}`, problem: "is not one of the known names" }
        : shape.check(value, path);
    },
  };
}

/** An object of text members and no others; at most `max`. */
export function textMap(max: number): Shape<Readonly<Record<string, string>>> {
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      const members = Object.entries(value);
      if (members.length > max) return { path, problem: `has more than ${String(max)} members` };
      const odd = members.find(([, member]) => typeof member !== "string");
      return odd === undefined ? undefined : { path: `${path}/${odd[0].slice(0, 64)}`, problem: "is not a string" };
    },
  };
}

/** The schema of a tool's input or output as every revision has it: of an object, its properties schemas. */
export const schemaObject: Shape<JsonObject> = openRecord({
  type: oneOf(["object"]),
  $schema: optional(text()),
  properties: optional(objectMap()),
  required: optional(listOf(text())),
});

function objectMap(): Shape<JsonObject> {
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      const odd = Object.entries(value).find(([, member]) => !isJsonObject(member));
      return odd === undefined ? undefined : { path: `${path}/${odd[0].slice(0, 64)}`, problem: "is not an object" };
    },
  };
}

/** Params without their `_meta`: what is judged as the values of a question. */
export function withoutMeta(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== "_meta"));
}
