/**
 * Names that one part of a policy uses and another gives: labels, origins, directories. A misspelt one is well-formed
 * and never met, so that a deny rule on it would be silently dead. Reads the TOML value as it stands, as rules.ts does.
 */
import { LABEL_NAMES, TAG_FORM } from "../abi/labels.js";
import { ORIGIN_CLASSES } from "../abi/provenance.js";
import type { Path, PathFault } from "./fault.js";
import { nearest } from "./nearest.js";
import { quoted } from "./quoted.js";
import { listOf, tableOf, type Table } from "./raw.js";

const LABEL_CONDITIONS = ["labels_any", "labels_all", "labels_none"] as const;
const ORIGIN_CONDITIONS = ["from", "from_none", "tokens_from", "words_from"] as const;
const DIRECTORY = "directory:";

/** What the names of a document are checked against. */
interface Known {
  readonly origins: readonly string[];
  readonly directories: readonly string[];
  /** Described in `[labels]`: meant, whatever it looks like. */
  readonly declared: Table;
}

/** A table with its place. */
type Placed = readonly [path: Path, table: Table];

export function checkNames(document: Table): readonly PathFault[] {
  const known = knownIn(document);
  const sources = listOf(document["sources"]).flatMap((source, index) =>
    labelFaults(["sources", index, "labels"], tableOf(source)["labels"], known),
  );
  const whens = listOf(document["rules"]).flatMap((rule, index) =>
    whensIn(["rules", index, "when"], tableOf(rule)["when"]),
  );
  return [...duplicateFaults(document), ...sources, ...whens.flatMap((when) => whenFaults(when, known))];
}

function knownIn(document: Table): Known {
  const declared = tableOf(document["labels"]);
  return {
    origins: [...ORIGIN_CLASSES, ...Object.keys(declared)],
    directories: directoriesIn(document),
    declared,
  };
}

function directoriesIn(document: Table): readonly string[] {
  return listOf(document["directory"])
    .map((directory) => tableOf(directory)["name"])
    .filter((name) => typeof name === "string");
}

function duplicateFaults(document: Table): readonly PathFault[] {
  const names = listOf(document["directory"]).map((directory) => tableOf(directory)["name"]);
  const first = new Map<unknown, number>();
  return names.flatMap((name, index) => {
    if (typeof name !== "string") return [];
    if (!first.has(name)) first.set(name, index);
    const earlier = first.get(name);
    if (earlier === index) return [];
    return [{ path: ["directory", index, "name"], problem: `there is a directory ${quoted(name)} already` }];
  });
}

/** A `when` and all that are nested in it. INVARIANT: the TOML reader bounds the depth. */
function whensIn(path: Path, value: unknown): readonly Placed[] {
  const when = tableOf(value);
  const lists = ["all", "any"].flatMap((name) =>
    listOf(when[name]).flatMap((inner, index) => whensIn([...path, name, index], inner)),
  );
  const negated = Object.hasOwn(when, "not") ? whensIn([...path, "not"], when["not"]) : [];
  return [[path, when], ...lists, ...negated];
}

function whenFaults([path, when]: Placed, known: Known): readonly PathFault[] {
  const tests = ["every", "some"].flatMap((name) =>
    listOf(when[name]).map((test, index): Placed => [[...path, name, index], tableOf(test)]),
  );
  const labelled = [[path, when] as const, ...tests].flatMap(([at, table]) =>
    LABEL_CONDITIONS.flatMap((name) => labelFaults([...at, name], table[name], known)),
  );
  const origins = tests.flatMap(([at, table]) =>
    ORIGIN_CONDITIONS.flatMap((name) => originFaults([...at, name], table[name], known)),
  );
  return [...labelled, ...origins];
}

function labelFaults(path: Path, names: unknown, known: Known): readonly PathFault[] {
  return listOf(names).flatMap((name) => closeFaults(path, name, "label", known));
}

function originFaults(path: Path, names: unknown, known: Known): readonly PathFault[] {
  return listOf(names).flatMap((name) => {
    const isDirectory = typeof name === "string" && name.startsWith(DIRECTORY);
    return isDirectory
      ? directoryFaults(path, name.slice(DIRECTORY.length), known.directories)
      : closeFaults(path, name, "origin", known);
  });
}

function directoryFaults(path: Path, name: string, directories: readonly string[]): readonly PathFault[] {
  if (directories.includes(name)) return [];
  const near = nearest(name, directories);
  const hint = near === undefined ? "name it in `[[directory]]`" : `did you mean ${quoted(DIRECTORY + near)}?`;
  return [{ path, problem: `there is no directory ${quoted(name)}`, hint }];
}

function closeFaults(path: Path, name: unknown, what: "label" | "origin", known: Known): readonly PathFault[] {
  const names = what === "label" ? LABEL_NAMES : known.origins;
  if (typeof name !== "string" || !TAG_FORM.test(name) || isKnown(name, names, known)) return [];
  const near = nearest(name, names);
  if (near === undefined) return [];
  const hint = `did you mean ${quoted(near)}? if it is a tag of yours, describe it in \`[labels]\``;
  return [{ path, problem: `${quoted(name)} is close to the ${what} ${quoted(near)}`, hint }];
}

/** `internal` is two letters from `external`; sources may say it, and what conditions say of it schema.ts judges. */
function isKnown(name: string, names: readonly string[], { declared }: Known): boolean {
  return names.includes(name) || name === "internal" || Object.hasOwn(declared, name);
}
