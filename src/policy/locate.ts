/** From a path in a policy document to the line and column of its key in the source. */
import type { Path } from "./fault.js";
import { scanPlaces, type PlaceNode } from "./toml-scan.js";

export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export type Locate = (path: Path) => TextPlace;

/** For one text: the 1-based line and column of a UTF-16 offset. */
export function placesIn(source: string): (offset: number) => TextPlace {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    // INVARIANT: the line's start is in [low, high) of `starts`.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function step(node: PlaceNode, key: string | number): PlaceNode | undefined {
  return typeof key === "number" ? node.items[key] : node.members.get(key);
}

/**
 * Finds places in one source, which smol-toml must have accepted.
 * A path that is not there (a missing key) gives the place of its nearest part that is; line 1, column 1 at worst.
 */
export function locator(source: string): Locate {
  const root = scanPlaces(source);
  const placeOf = placesIn(source);
  return (path) => {
    let node = root;
    for (const key of path) {
      const next = step(node, key);
      if (next === undefined) break;
      node = next;
    }
    return placeOf(node.offset);
  };
}
