/** Lines of a relay's under the client's own id, and the client's params without its token. */
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import { progressTokenOf } from "../methods/shapes.js";
import type { RequestId } from "../wire/message.js";

/** A relay's result under an id of ours, up to the result. Canonical: the members stand in this order. */
const RESULT_START = /^\{"id":"([0-9a-f]+-[0-9]+)","jsonrpc":"2\.0","result":/;

export interface ResultStart {
  readonly id: string;
  readonly length: number;
}

/** Undefined for what is no result. */
export function resultStart(line: string): ResultStart | undefined {
  const [whole, id] = RESULT_START.exec(line) ?? [];
  return whole === undefined || id === undefined ? undefined : { id, length: whole.length };
}

/** The same result under another id: what follows the id is not read again. */
export function resultWith(line: string, { length }: ResultStart, id: RequestId): string {
  return `{"id":${canonicalJson(id)},"jsonrpc":"2.0","result":${line.slice(length)}`;
}

/** An answer under another id. */
export function answerWith(message: JsonObject, id: RequestId): string {
  return canonicalJson({ ...message, id });
}

/** The object itself when it asks for no progress. */
export function withoutToken(params: JsonObject | undefined): JsonObject | undefined {
  if (progressTokenOf(params) === undefined) return params;
  const meta = Object.entries(params?.["_meta"] as JsonObject).filter(([name]) => name !== "progressToken");
  return { ...params, _meta: Object.fromEntries(meta) };
}
