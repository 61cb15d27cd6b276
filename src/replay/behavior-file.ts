/** The file of changed outputs, `agentk-behavior/1` or the predecessor's list: digests and labels, never a value. */
import {
  integer,
  listOf,
  oneOf,
  optional,
  record,
  text,
  type Shape,
  type ShapeFault,
  type ShapeType,
} from "../base/shape.js";
import type { Result } from "../base/result.js";
import { parseStrictJson } from "../base/strict-json.js";
import { HEX64 } from "../abi/payload.js";
import { labelsOf } from "../mmu/lattice.js";

const MAX_OUTPUTS = 10_000;

const contentDigest = digest(HEX64, "is no SHA-256 of 64 lower-case hex digits; raw output is never taken");
const outputRef = digest(
  /^(?:response_sha256|stub_output_sha256):[0-9a-f]{64}$/,
  "is not `response_sha256:` or `stub_output_sha256:` and 64 lower-case hex digits; raw output is never taken",
);

const outputShape = record({
  /** Of the page's line. */
  seq: integer(),
  call: optional(text({ form: /^c\d+$/ })),
  /** SHA-256 of the content's RFC 8785 text, hex. */
  content_sha256: optional(contentDigest),
  output_ref: optional(outputRef),
  labels: optional(listOf(text({ max: 64 }), 256)),
  signs: optional(listOf(text({ max: 64 }), 64)),
});
const fileShape = record({ format: oneOf(["agentk-behavior/1"]), outputs: listOf(outputShape, MAX_OUTPUTS) });

const stepShape = record({
  /** Of the call's line. */
  step: integer(),
  syscall: text({ max: 64 }),
  target: text({ max: 1024 }),
  output_ref: outputRef,
});
const stepsShape = listOf(stepShape, MAX_OUTPUTS);

export type ChangedOutput = ShapeType<typeof outputShape>;
type BehaviorFile = ShapeType<typeof fileShape>;
export type ChangedStep = ShapeType<typeof stepShape>;

/** One entry, and where it stands in the file (RFC 6901). */
export type BehaviorEntry = { readonly at: string } & (
  { readonly by: "page"; readonly output: ChangedOutput } | { readonly by: "call"; readonly step: ChangedStep }
);

/** Reads a file of changed outputs. */
export function parseBehavior(source: string): Result<readonly BehaviorEntry[], ShapeFault> {
  const read = parseStrictJson(source);
  if (!read.ok) return failed("", "is not strict JSON");
  const { value } = read.value;
  const fault = Array.isArray(value) ? stepsShape.check(value, "") : fileShape.check(value, "");
  if (fault !== undefined) return { ok: false, error: fault };
  // INVARIANT: the shapes have checked every member.
  const entries = Array.isArray(value)
    ? stepEntries(value as never)
    : outputEntries((value as never as BehaviorFile).outputs);
  return firstFault(entries) ?? { ok: true, value: entries };
}

function stepEntries(steps: readonly ChangedStep[]): readonly BehaviorEntry[] {
  return steps.map((step, index) => ({ at: `/${String(index)}`, by: "call", step }));
}

function outputEntries(outputs: readonly ChangedOutput[]): readonly BehaviorEntry[] {
  return outputs.map((output, index) => ({ at: `/outputs/${String(index)}`, by: "page", output }));
}

function firstFault(entries: readonly BehaviorEntry[]): ReturnType<typeof failed> | undefined {
  const known = new Set<number>();
  for (const entry of entries) {
    const [name, number] = entry.by === "page" ? ["seq", entry.output.seq] : ["step", entry.step.step];
    if (known.has(number)) return failed(`${entry.at}/${name}`, "names an output that an earlier entry names");
    known.add(number);
    const problem = entry.by === "page" ? outputFault(entry.output) : undefined;
    if (problem !== undefined) return failed(`${entry.at}${problem.path}`, problem.problem);
  }
  return undefined;
}

function outputFault({ labels, signs, content_sha256, output_ref }: ChangedOutput): ShapeFault | undefined {
  if (labels !== undefined && labelsOf(labels) === undefined) return { path: "/labels", problem: "holds no labels" };
  if ([labels, signs, content_sha256, output_ref].every((member) => member === undefined)) {
    return { path: "", problem: "says nothing of the output: give a digest, `labels` or `signs`" };
  }
  return undefined;
}

function failed(path: string, problem: string): { readonly ok: false; readonly error: ShapeFault } {
  return { ok: false, error: { path, problem } };
}

/** A text of this form, that is told in these words where it is none. */
function digest(form: RegExp, problem: string): Shape<string> {
  const { check } = text({ form });
  return { check: (value, path) => (check(value, path) === undefined ? undefined : { path, problem }) };
}
