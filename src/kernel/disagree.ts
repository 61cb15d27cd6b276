/** A tool's result says one thing twice, to the client and to the model: whether both say the same. */
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonValue } from "../base/json.js";
import type { Labels } from "../abi/labels.js";
import { jsonTextOf } from "../mmu/envelope.js";
import { BOTTOM, join } from "../mmu/lattice.js";

/** The sign on the page, and the tag on its labels: a rule on `tool.response` can refuse such a result. */
const DISAGREES = "content-disagrees";
export const DISAGREES_SIGN = `${DISAGREES}@1`;

/** The signs that speak of poison: a result may disagree with itself without a word to the model. */
export function poisonIn(signs: readonly string[]): readonly string[] {
  return signs.filter((sign) => sign !== DISAGREES_SIGN);
}

/** The labels of a page with these signs. */
export function withDisagreement(labels: Labels, signs: readonly string[]): Labels {
  return signs.includes(DISAGREES_SIGN) ? join(labels, { ...BOTTOM, tags: [DISAGREES] }) : labels;
}

/**
 * Whether a result's `structuredContent` differs from the JSON in its texts (MCP 2025-06-18, tools, structured content).
 * A text that is no JSON object or list is prose about it, and cannot be compared; of several, one must be the same.
 */
export function contentDisagrees(result: JsonValue): boolean {
  if (!isJsonObject(result) || !Array.isArray(result["content"])) return false;
  const structured = result["structuredContent"];
  if (structured === undefined) return false;
  const told = (result["content"] as readonly JsonValue[]).flatMap((block) => {
    const text = isJsonObject(block) && block["type"] === "text" ? block["text"] : undefined;
    const inner = typeof text === "string" ? jsonTextOf(text) : undefined;
    return inner === undefined ? [] : [inner];
  });
  if (told.length === 0) return false;
  const wanted = canonicalJson(structured);
  return !told.some((value) => isSame(value, wanted));
}

/** A text may hold what canonical JSON cannot carry, such as a lone surrogate: then it is something else. */
function isSame(value: JsonValue, wanted: string): boolean {
  try {
    return canonicalJson(value) === wanted;
  } catch {
    return false;
  }
}
