/**
 * Labels: what the kernel knows of a value. A product lattice of four axes (design.md section 4);
 * the operations on it are in mmu/lattice.ts.
 */
export const INTEGRITY = ["trusted", "untrusted", "poisoned-suspect"] as const;
export const CONFIDENTIALITY = ["public", "private", "secret"] as const;
export const ORIGIN = ["internal", "external"] as const;

export type Integrity = (typeof INTEGRITY)[number];
export type Confidentiality = (typeof CONFIDENTIALITY)[number];
export type Origin = (typeof ORIGIN)[number];

export interface Labels {
  /** May it steer? Rises from `trusted` to `poisoned-suspect`. */
  readonly integrity: Integrity;
  /** Who may see it? Rises from `public` to `secret`. */
  readonly confidentiality: Confidentiality;
  /** Did it come from outside the operator's own systems? */
  readonly origin: Origin;
  /** The operator's own labels, e.g. `pii`; sorted, no duplicates. */
  readonly tags: readonly string[];
}

/** The six names that policies and logs use. `public` and `internal` are the absence of a name. */
export const LABEL_NAMES = ["trusted", "untrusted", "external", "private", "secret", "poisoned-suspect"] as const;
export type LabelName = (typeof LABEL_NAMES)[number];

/** An operator's tag: a word with dots, dashes or colons, never one of the six names. */
export const TAG_FORM = /^[a-z][a-z0-9._:-]{0,63}$/;
