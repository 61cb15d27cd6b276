/**
 * Which of the two eras a connection speaks: with `initialize` (2024-11-05 to 2025-11-25) or with an envelope on every
 * request (2026-07-28). One for each child; nothing is translated from one to the other.
 */
import type { Message } from "../wire/message.js";
import { isEnveloped } from "./envelope.js";
import { isModernCode } from "./revision.js";

/**
 * opening: nothing is settled. probing: an enveloped request is with the server, and its answer settles it. A probe is
 * not a choice: a connection may begin with one and go on with `initialize` (MCP 2026-07-28, era detection).
 */
export const ERAS = ["opening", "probing", "legacy", "modern"] as const;
export type Era = (typeof ERAS)[number];

/** By which rules a message of the client is judged. `crossed`: it belongs to the other era. */
export type Course = "legacy" | "modern" | "crossed";

export interface EraStep {
  readonly course: Course;
  /** The era from here on, if the message is admitted. */
  readonly era: Era;
}

/** Attacker-controlled: the message. Answers and lines that are no messages settle nothing. */
export function stepEra(era: Era, message: Message): EraStep {
  const kind = kindOf(message);
  if (era === "legacy") return { course: kind === "enveloped" ? "crossed" : "legacy", era };
  if (era === "modern") return { course: kind === "initialize" ? "crossed" : "modern", era };
  if (kind === "initialize") return { course: "legacy", era: "legacy" };
  // It asks which eras there are, and settles none.
  if (kind === "discover") return { course: "modern", era };
  if (kind === "enveloped") return { course: "modern", era: "probing" };
  return { course: era === "probing" && kind === "notification" ? "modern" : "legacy", era };
}

/** What came of an enveloped request while it could still be a probe. */
export type ProbeEnd =
  { readonly kind: "result" } | { readonly kind: "error"; readonly code: number } | { readonly kind: "nothing" };

/**
 * A result, or an error that only this revision has, is a server that speaks it. Any other error, or none at all, is
 * what a server of the earlier era gives: the connection is where it was before.
 */
export function settleProbe(era: Era, end: ProbeEnd): Era {
  if (era !== "probing") return era;
  return end.kind === "result" || (end.kind === "error" && isModernCode(end.code)) ? "modern" : "opening";
}

function kindOf(message: Message): "initialize" | "discover" | "enveloped" | "notification" | "other" {
  if (message.form === "notification") return "notification";
  if (message.form !== "request") return "other";
  // With an envelope `initialize` is a request of 2026-07-28, which has no such method, and no handshake.
  if (message.method === "initialize" && !isEnveloped(message.params)) return "initialize";
  if (message.method === "server/discover") return "discover";
  return isEnveloped(message.params) ? "enveloped" : "other";
}
