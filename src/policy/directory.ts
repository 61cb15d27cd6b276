/** `[[directory]]`: the values that the operator wrote down, for the kernel to find arguments in. */
import type { PolicyDocument } from "./ast.js";

/** The values of each directory by its name, in the order of the document. */
export function directoryLeaves({ directory }: PolicyDocument): ReadonlyMap<string, readonly string[]> {
  return new Map(directory.map(({ name, values }) => [name, values]));
}
