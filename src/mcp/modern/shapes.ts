/** Shapes of 2026-07-28 that several contracts share; results are open where the schema is, and as strict where not. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { anything, flag, listOf, oneOf, optional, text, type Shape, type ShapeFault } from "../../base/shape.js";
import { idShape, jsonObject, number, openRecord } from "../methods/shapes.js";
import { META } from "./revision.js";

/** Arguments of a prompt, answers of a form: more would be no form. */
const MAX_MEMBERS = 256;
/** As kernel/syscalls/resource.ts has it. */
const MAX_URI_CHARS = 8192;

/** RFC 3986 section 3.1: what has no scheme is no URI. No control character, and no blank. */
// eslint-disable-next-line no-control-regex
const URI_FORM = /^[a-z][a-z0-9+.-]*:[^\u0000-\u0020\u007f]*$/i;

/** A URI, or a template of one, whose braces stand for what is filled in. */
export const uri = text({ max: MAX_URI_CHARS, form: URI_FORM });
export const uriTemplate = text({ max: MAX_URI_CHARS });

/** The name of a prompt or an argument. */
export const shortName = text({ max: MAX_NAME_CHARS });

/** A whole number, zero or more. */
export const count: Shape<number> = {
  check: (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= 0
      ? undefined
      : { path, problem: "is not a whole number from zero" },
};

const whole: Shape<number> = {
  check: (value, path) => (Number.isSafeInteger(value) ? undefined : { path, problem: "is not a whole number" }),
};

export const unit: Shape<number> = {
  check: (value, path) =>
    typeof value === "number" && value >= 0 && value <= 1 ? undefined : { path, problem: "is not from 0 to 1" },
};

/** Any object of bounded size whose members all have one shape. */
export function dictionary<T>(member: Shape<T>, max = MAX_MEMBERS): Shape<Readonly<Record<string, T>> & JsonObject> {
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      const names = Object.keys(value);
      if (names.length > max) return { path, problem: `has more than ${String(max)} members` };
      for (const name of names) {
        const found = member.check(value[name], `${path}/${name.slice(0, 64)}`);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** An object whose member `by` says which shape the rest has; a kind without a shape is refused. */
export function choice<T>(by: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  const known = new Map<JsonValue, Shape<T>>(Object.entries(shapes));
  return {
    check: (value, path) => {
      if (!isJsonObject(value)) return { path, problem: "is not an object" };
      const kind = Object.hasOwn(value, by) ? value[by] : undefined;
      const shape = kind === undefined ? undefined : known.get(kind);
      return shape === undefined
        ? { path: `${path}/${by}`, problem: "is not one of the known names" }
        : shape.check(value, path);
    },
  };
}

/** The first shape that fits; the fault is the last one's. */
export function either<T>(...shapes: readonly Shape<T>[]): Shape<T> {
  return {
    check: (value, path) => {
      let found: ShapeFault | undefined;
      for (const shape of shapes) {
        found = shape.check(value, path);
        if (found === undefined) return undefined;
      }
      return found;
    },
  };
}

/** Checks what a member must be in an object that holds more. */
export function withMember<T extends JsonObject>(name: string, member: Shape<unknown>, rest: Shape<T>): Shape<T> {
  return {
    check: (value, path) => {
      const found = rest.check(value, path);
      if (found !== undefined) return found;
      const held = (value as JsonObject)[name];
      return held === undefined ? undefined : member.check(held, `${path}/${name}`);
    },
  };
}

const annotations = openRecord({
  audience: optional(listOf(oneOf(["user", "assistant"]), 16)),
  lastModified: optional(text()),
  priority: optional(unit),
});

/** Only those: an icon of another scheme could run something in a client. */
const iconSource = text({ form: /^(?:https?:|data:)[^\s]*$/i });

const icon = openRecord({
  src: iconSource,
  mimeType: optional(text()),
  sizes: optional(listOf(text(), 64)),
  theme: optional(oneOf(["light", "dark"])),
});
export const icons = listOf(icon, 64);

/** Self-reported, by a server here: shown, never a ground for a decision. */
export const implementation = openRecord({
  name: text(),
  version: text(),
  title: optional(text()),
  websiteUrl: optional(uri),
  icons: optional(icons),
});

const described = {
  _meta: optional(jsonObject),
  annotations: optional(annotations),
  description: optional(text()),
  mimeType: optional(text()),
  title: optional(text()),
} as const;

/** What a server says of one of its resources. */
const resourceFields = {
  ...described,
  uri,
  name: text(),
  size: optional(whole),
  icons: optional(icons),
} as const;
export const resource = openRecord(resourceFields);

export const resourceTemplate = openRecord({
  ...described,
  uriTemplate,
  name: text(),
  icons: optional(icons),
});

/** RFC 4648 section 4, with its padding. */
const base64 = text({ form: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/ });

const held = { uri, mimeType: optional(text()), _meta: optional(jsonObject) } as const;

/** A resource's content: text or base64, and not neither. */
export const resourceContents: Shape<JsonObject> = either<JsonObject>(
  openRecord({ ...held, text: text() }),
  openRecord({ ...held, blob: base64 }),
);

const media = {
  type: text(),
  data: base64,
  mimeType: text(),
  _meta: optional(jsonObject),
  annotations: optional(annotations),
} as const;

const blocks = {
  text: openRecord({ type: text(), text: text(), _meta: optional(jsonObject), annotations: optional(annotations) }),
  image: openRecord(media),
  audio: openRecord(media),
  resource_link: openRecord({ ...resourceFields, type: text() }),
  resource: openRecord({
    type: text(),
    resource: resourceContents,
    _meta: optional(jsonObject),
    annotations: optional(annotations),
  }),
} as const;

/** One block of what a tool gives, by its type: a type that is not known could hold anything. */
export const contentBlock = choice<JsonObject>("type", blocks);

/** One block of a message to or from a model. */
export const samplingBlock = choice<JsonObject>("type", {
  text: blocks.text,
  image: blocks.image,
  audio: blocks.audio,
  tool_use: openRecord({ type: text(), id: text(), name: text(), input: jsonObject, _meta: optional(jsonObject) }),
  tool_result: openRecord({
    type: text(),
    toolUseId: text(),
    content: listOf(contentBlock),
    structuredContent: optional(anything()),
    isError: optional(flag()),
    _meta: optional(jsonObject),
  }),
});

export const role = oneOf(["user", "assistant"]);

/** `_meta` of a result: any object; what it says of the server has its form. */
export const resultMeta: Shape<JsonObject> = withMember(META.serverInfo, implementation, jsonObject);

/** `_meta` of a notification. */
export const notificationMeta: Shape<JsonObject> = withMember(META.subscription, idShape, jsonObject);

export const LOG_LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;
export const logLevel = oneOf(LOG_LEVELS);
export { number };
