/** The member names that a policy's paths speak of: the operator wrote them, so that they may be shown. */
import { unescapeSegment } from "../base/pointer.js";
import type { PolicyDocument } from "./ast.js";

export function pathNames({ rules, sources }: PolicyDocument): ReadonlySet<string> {
  const names = new Set<string>();
  collect([rules, sources], names);
  return names;
}

function collect(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) collect(item, names);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (key === "path") addNames(member, names);
      else collect(member, names);
    }
  }
}

function addNames(path: unknown, names: Set<string>): void {
  const patterns: readonly unknown[] = Array.isArray(path) ? path : [path];
  for (const pattern of patterns) {
    if (typeof pattern !== "string") continue;
    for (const segment of pattern.split(/[/!#]/)) names.add(unescapeSegment(segment));
  }
}
