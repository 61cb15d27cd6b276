/** What a name looks like to a reader: two names with one skeleton pass for each other (Unicode TR39 section 4). */
import { withoutLookAlikes } from "./detectors/look-alikes.js";
import { withoutForms, withoutHidden } from "./text/folding.js";

/**
 * Without hidden characters, Unicode forms, look-alikes and case. Only to compare names: it is no name itself. Twice,
 * since a form may stand for a hidden character.
 */
export function skeletonOf(name: string): string {
  const once = withoutForms(withoutHidden(name));
  return withoutLookAlikes(withoutForms(withoutHidden(once))).toLowerCase();
}
