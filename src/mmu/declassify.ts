/**
 * The only ways down: an operator's explicit act lowers one axis of a session's labels. Each is an event of its own
 * in the log (`release`), so a reader sees who lowered what, and when. Nothing else in the kernel returns labels below
 * those it was given: a property over every exported function of this room shows it.
 * Source: A. Myers, B. Liskov, "A Decentralized Model for Information Flow Control", SOSP 1997 (declassify); K. Biba,
 * "Integrity Considerations for Secure Computer Systems", 1977 (endorse).
 */
import type { Labels } from "../abi/labels.js";

/** The operator vouches for what the session has read so far: integrity becomes `trusted`. */
export function endorse(labels: Labels): Labels {
  return { ...labels, integrity: "trusted" };
}

/** The operator lets what the session has read so far be shown: confidentiality becomes `public`. */
export function declassify(labels: Labels): Labels {
  return { ...labels, confidentiality: "public" };
}
