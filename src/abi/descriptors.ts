/** Descriptors: what a server says of its tools, prompts and resource templates, and why one is kept from a client. */

/** The lists that a server has descriptors in, as its results name them, but for templates (`resourceTemplates`). */
export const DESCRIPTOR_LISTS = ["tools", "prompts", "templates"] as const;
export type DescriptorList = (typeof DESCRIPTOR_LISTS)[number];

/**
 * quarantined: the operator's lock has no pin of it, or of another descriptor under its name. poisoned: it has a sign of
 * text that is meant to steer, or a name that cannot be shown. shadowing: its name passes for that of another one.
 */
export const WITHHELD_FOR = ["quarantined", "poisoned", "shadowing"] as const;
export type WithheldFor = (typeof WITHHELD_FOR)[number];

/** Descriptors taken out of one page; a page with more is withheld whole. Each costs some 60 bytes of its line. */
export const MAX_WITHHELD = 4096;

/** The operator's lock, in the working folder, where no other is named. */
export const DEFAULT_LOCK = "agentk.lock";
