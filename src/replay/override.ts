/** A changed output: what a page is taken to be in place of what was recorded. */

export interface PageOverride {
  /** Label names in place of those derived. */
  readonly labels?: readonly string[];
  /** Detector hits of the changed content, where they are known. */
  readonly signs?: readonly string[];
}
