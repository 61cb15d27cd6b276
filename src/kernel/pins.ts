/**
 * The operator's pins: of each server, the descriptors that are accepted, by name and SHA-256 of their RFC 8785 text. In
 * the log they stand as canonical JSON, `{"files":{"prompts":{},"templates":{},"tools":{"read_file":"<hash>"}}}`.
 */
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import { MAX_PINS_BYTES } from "../base/limits.js";
import { utf8Bytes } from "../base/bytes.js";
import { DESCRIPTOR_LISTS, type DescriptorList } from "../abi/descriptors.js";
import { HEX64 } from "../abi/payload.js";

/** Hashes by name. */
export type PinnedNames = ReadonlyMap<string, string>;
export type ServerPins = Readonly<Record<DescriptorList, PinnedNames>>;
/** By server. */
export type Pins = ReadonlyMap<string, ServerPins>;

/** What is accepted of a server that has no entry: nothing. */
export const NO_PINS: ServerPins = { tools: new Map(), prompts: new Map(), templates: new Map() };

/** @throws Error when they are more than a line of the log holds. */
export function formatPins(pins: Pins): string {
  const servers = [...pins].map(([server, lists]) => [
    server,
    Object.fromEntries(DESCRIPTOR_LISTS.map((list) => [list, Object.fromEntries(lists[list])])),
  ]);
  const source = canonicalJson(Object.fromEntries(servers) as JsonObject);
  if (utf8Bytes(source).length > MAX_PINS_BYTES) throw new Error("there are more pins than a line of the log holds");
  return source;
}

/** @throws Error for anything but what formatPins writes: no kernel has written such a line. */
export function parsePins(source: string): Pins {
  const value = JSON.parse(source) as JsonValue;
  if (!isJsonObject(value) || canonicalJson(value) !== source) throw new Error("the pins are no canonical object");
  return new Map(Object.entries(value).map(([server, lists]) => [server, serverPins(lists)]));
}

function serverPins(lists: JsonValue): ServerPins {
  if (!isJsonObject(lists) || Object.keys(lists).length !== DESCRIPTOR_LISTS.length)
    throw new Error("no lists of pins");
  const [tools, prompts, templates] = DESCRIPTOR_LISTS.map((list) => pinnedNames(lists[list]));
  return { tools: tools ?? new Map(), prompts: prompts ?? new Map(), templates: templates ?? new Map() };
}

function pinnedNames(names: JsonValue | undefined): PinnedNames {
  if (names === undefined || !isJsonObject(names)) throw new Error("a list of pins is missing");
  return new Map(
    Object.entries(names).map(([name, hash]) => {
      if (typeof hash !== "string" || !HEX64.test(hash)) throw new Error("a pin is no SHA-256");
      return [name, hash];
    }),
  );
}
