/** Where a command takes folders as well: the name of a shipped policy, or a path. */
import { policyFileOf, shippedPolicies } from "../package-info.js";

/** The shipped policy's file when the text is the name of one; else the text, which is a path. */
export function shippedOr(path: string): string {
  return shippedPolicies().includes(path) ? policyFileOf(path) : path;
}
