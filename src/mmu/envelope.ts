/** Where a value stands within what carries it: the parts of an MCP result, and JSON that is written as text. */
import type { JsonValue } from "../base/json.js";
import { MAX_JSON_TEXT_CHARS } from "./bounds.js";

/** The member that holds a result's value as JSON (MCP 2025-06-18). */
export const STRUCTURED = "structuredContent";

/** The text blocks of results (MCP 2025-06-18: tools/call, resources/read, prompts/get). */
const TEXT_BLOCK = String.raw`\/(?:content\/\d+\/(?:resource\/)?text|contents\/\d+\/text|messages\/\d+\/content\/text)`;
const IS_TEXT_BLOCK = new RegExp(`^${TEXT_BLOCK}$`);
const ENVELOPE = new RegExp(`^(?:\\/${STRUCTURED}(?=[/#!]|$)|${TEXT_BLOCK}!)`);

/** Whether the string at this path is a text block of the result itself. */
export function isTextBlock(path: string): boolean {
  return IS_TEXT_BLOCK.test(path);
}

/** The path without what could be the envelope's, whether or not it is. */
export function withoutEnvelope(path: string): string {
  return path.replace(ENVELOPE, "");
}

/** The list or object that a text is. Attacker-controlled: bounded, and whatever does not parse is text. */
export function jsonTextOf(text: string): JsonValue | undefined {
  if (text.length > MAX_JSON_TEXT_CHARS || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
