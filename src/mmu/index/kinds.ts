/** The kinds of leaf of a memory: one object for what is one kind, so that kinds compare by identity. */
import type { Labels } from "../../abi/labels.js";
import { rankOf, type Kind } from "./places.js";

/** Kinds compared one by one before a key is made: a page has few, and its leaves have them by turns. */
const MAX_RECENT = 4;

interface Known {
  readonly labels: Labels;
  readonly classes: readonly string[];
  readonly kind: Kind;
}

/** Only ever grows, by the kinds that the operator's policy can name. */
export class KindTable {
  private readonly kinds = new Map<string, Kind>();
  private readonly recent: Known[] = [];
  private turn = 0;

  /** The kind of a leaf with these labels and classes. */
  of(labels: Labels, classes: readonly string[]): Kind {
    const known = this.recent.find((one) => isSameLabels(one.labels, labels) && isSame(one.classes, classes));
    if (known !== undefined) return known.kind;
    const kind = this.intern(labels, classes);
    this.recent[this.turn++ % MAX_RECENT] = { labels, classes, kind };
    return kind;
  }

  private intern(labels: Labels, given: readonly string[]): Kind {
    const classes = classesOf(labels, given);
    const { integrity, confidentiality, origin, tags } = labels;
    const key = JSON.stringify([integrity, confidentiality, origin, tags, classes]);
    const known = this.kinds.get(key);
    if (known !== undefined) return known;
    const kind = { labels, classes, rank: rankOf(labels) };
    this.kinds.set(key, kind);
    return kind;
  }
}

const DERIVED: ReadonlySet<string> = new Set(["trusted", "untrusted", "nowhere"]);

/** INVARIANT: `trusted` and `untrusted` follow from the labels; a leaf cannot claim the one and be the other. */
function classesOf({ integrity }: Labels, given: readonly string[]): readonly string[] {
  const own = integrity === "trusted" ? "trusted" : "untrusted";
  const others = given.filter((name) => !DERIVED.has(name));
  return [...new Set([own, ...others])].sort();
}

function isSameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  return (
    a.integrity === b.integrity &&
    a.confidentiality === b.confidentiality &&
    a.origin === b.origin &&
    isSame(a.tags, b.tags)
  );
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]));
}
