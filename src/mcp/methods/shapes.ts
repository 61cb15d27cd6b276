/** The shapes that several contracts share, beyond those of base/shape. */
import { NAME_FORM } from "../../abi/signed.js";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { MAX_ID_CHARS, MAX_NAME_CHARS } from "../../base/limits.js";
import { anyObject, optional, record, text, type Shape, type ShapeFault, type ShapeType } from "../../base/shape.js";
import type { RequestId } from "../wire/message.js";

/** The name of a tool: shown to people, so no control characters. */
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
