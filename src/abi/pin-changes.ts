/** What differs between the descriptors that the operator has accepted and those that a server lists. */
import type { DescriptorList } from "./descriptors.js";

/** How a descriptor stands to the lock. */
export interface PinChange {
  readonly list: DescriptorList;
  readonly name: string;
  readonly change: "new" | "changed" | "gone" | "twice";
  /** RFC 8785 text of what was accepted, and what is listed now. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** What speaks against it. */
  readonly flags: readonly string[];
}

export interface PinsDiff {
  readonly server: string;
  /** What differs in who the server is, in words. */
  readonly identity: readonly string[];
  readonly changes: readonly PinChange[];
  readonly unchanged: number;
}
