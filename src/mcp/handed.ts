/** What of a recorded page may be handed on: itself, the form a `transform` gave it, or nothing. */
import { isJsonObject, type JsonObject } from "../base/json.js";
import { mayPass } from "../abi/decision.js";
import type { TakenPage } from "../kernel/dispatch.js";

/** Undefined when it is withheld. A quarantined page is: only a tool's result has a stub to stand in its place. */
export function handedOn({ value, handed }: TakenPage, content: JsonObject): JsonObject | undefined {
  if (!mayPass(value.delivery.verdict) || isQuarantined(value.changes)) return undefined;
  if (handed === undefined) return content;
  const changed: unknown = JSON.parse(handed);
  return isJsonObject(changed) ? changed : undefined;
}

export function isQuarantined(changes: readonly { readonly kind: string }[] | undefined): boolean {
  return changes?.some(({ kind }) => kind === "quarantine") === true;
}
