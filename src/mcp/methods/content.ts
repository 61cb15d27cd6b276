/** Content blocks and what stands beside descriptors (MCP 2025-11-25; the earlier revisions know fewer kinds). */
import type { JsonObject } from "../../base/json.js";
import { flag, integer, listOf, oneOf, optional, text, type Shape } from "../../base/shape.js";
import { bounded, byMember, eitherOf, jsonObject, openRecord, uriText } from "./shapes.js";

export const role = oneOf(["user", "assistant"]);

const annotations = openRecord({
  audience: optional(listOf(role, 16)),
  lastModified: optional(text()),
  priority: optional(bounded(0, 1)),
});

/** Only those: an icon of another scheme could run something in a client (2025-11-25, security of icons). */
const iconSource = text({ form: /^(?:https?:|data:)/i });

export const icons = listOf(
  openRecord({
    src: iconSource,
    mimeType: optional(text()),
    sizes: optional(listOf(text(), 64)),
    theme: optional(oneOf(["light", "dark"])),
  }),
  64,
);

const meta = optional(jsonObject);
const beside = { annotations: optional(annotations), _meta: meta };

const contents = { uri: uriText, mimeType: optional(text()), _meta: meta };
/** What a resource holds: text, or bytes in base64 (not decoded here). */
export const resourceContents: Shape<JsonObject> = eitherOf(
  openRecord({ ...contents, text: text() }),
  openRecord({ ...contents, blob: text() }),
);

/** Of a resource and of a template of resources alike. */
export const describedContents = {
  name: text(),
  title: optional(text()),
  description: optional(text()),
  mimeType: optional(text()),
  icons: optional(icons),
  ...beside,
} as const;

export const resourceDescriptor = { ...describedContents, uri: uriText, size: optional(integer(0)) } as const;

const media = openRecord({ data: text(), mimeType: text(), ...beside });
const textBlock = openRecord({ text: text(), ...beside });

/** One block of a tool's result or of a prompt. */
export const contentBlock: Shape<JsonObject> = byMember("type", {
  text: textBlock,
  image: media,
  audio: media,
  resource: openRecord({ resource: resourceContents, ...beside }),
  resource_link: openRecord(resourceDescriptor),
});

/** One block of a message to or from a model. `tool_use` and `tool_result` only where the client has said it takes them. */
const modelBlock: Shape<JsonObject> = byMember("type", {
  text: textBlock,
  image: media,
  audio: media,
  tool_use: openRecord({ id: text(), name: text(), input: jsonObject, _meta: meta }),
  tool_result: openRecord({
    toolUseId: text(),
    content: listOf(contentBlock, 1024),
    structuredContent: optional(jsonObject),
    isError: optional(flag()),
    _meta: meta,
  }),
});

/** Its revisions before 2025-11-25 have one block and no list. */
export const modelContent: Shape<unknown> = eitherOf(modelBlock, listOf(modelBlock, 1024));
