/** Reads the scenario of a story (docs/demos.md): what a scripted agent does step by step, and which harms are looked for. */
import { z } from "./zod.js";
import { STEP_FATES, TREASURES, type Scenario, type StoryHarm } from "../abi/story.js";
import { TAG_FORM } from "../abi/labels.js";
import { err, ok, type Result } from "../base/result.js";
import { wholeNumberSchema } from "./conditions/quantity.js";
import { faultsOf, type KeysOf, type PathFault, type PolicyFault } from "./fault.js";
import { quoted } from "./quoted.js";
import { placed, readToml } from "./toml.js";

const MAX_WAIT_MS = 60_000;
const PATIENCE_MS = 20_000;
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
/** Below the world's folder: no way up, and none from the root. */
const FILE = /^(?!\/)(?!.*\.\.)[A-Za-z0-9._/-]{1,200}$/;
/** What a step may say without having read it. */
const GIVEN: ReadonlySet<string> = new Set(["folder", "home"]);
/** `{name}` or `{name|base64}`. */
export const PLACEHOLDER = /\{([a-z][a-z0-9_-]*)(?:\|(base64))?\}/g;

const words = (key: string): z.ZodString => z.string().min(1, `\`${key}\` must not be empty`);
const name = (key: string): z.ZodString =>
  z.string().regex(NAME, { error: ({ input }) => `\`${key}\` ${quoted(input)} must be a short lower-case name` });
const file = (key: string): z.ZodString =>
  z.string().regex(FILE, { error: ({ input }) => `\`${key}\` ${quoted(input)} must be a file of the world` });
const treasure = z.enum(TREASURES, {
  error: ({ input }) => `${quoted(input)} must be one of ${TREASURES.map(quoted).join(", ")}`,
});
const expression = z.string().refine(hasOneGroup, { error: "must be an expression with one group" });
const table = z.record(z.string(), z.unknown());

const stepShape = {
  id: name("id").exactOptional(),
  does: words("does"),
  tool: words("tool").exactOptional(),
  arguments: table.exactOptional(),
  method: words("method").exactOptional(),
  params: table.exactOptional(),
  labels: z.array(z.string().regex(TAG_FORM, { error: ({ input }) => `bad label ${quoted(input)}` })).default([]),
  take: z.record(z.string().regex(NAME), expression).default({}),
  expect: z
    .enum(STEP_FATES, { error: ({ input }) => `${quoted(input)} must be one of ${STEP_FATES.map(quoted).join(", ")}` })
    .default("passed"),
};
const harmShape = {
  id: name("id"),
  says: words("says"),
  sink_got: treasure.exactOptional(),
  file_made: file("file_made").exactOptional(),
  file_changed: file("file_changed").exactOptional(),
  file_holds: z.strictObject({ file: file("file"), treasure }).exactOptional(),
  client_saw: words("client_saw").exactOptional(),
  unanswered: name("unanswered").exactOptional(),
};
const storyShape = {
  about: words("about"),
  server: name("server"),
  patience_ms: wholeNumberSchema("patience_ms", 1, MAX_WAIT_MS).default(PATIENCE_MS),
  response_timeout_ms: wholeNumberSchema("response_timeout_ms", 1, MAX_WAIT_MS).exactOptional(),
  steps: z.array(z.strictObject(stepShape)).min(1, "`steps` must hold at least one step"),
  harms: z.array(z.strictObject(harmShape)).min(1, "`harms` must hold at least one harm"),
};
const document = z.strictObject(storyShape);
type Document = z.infer<typeof document>;

const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["", Object.keys(storyShape)],
  ["steps", Object.keys(stepShape)],
  ["harms", Object.keys(harmShape)],
  ["harms.file_holds", ["file", "treasure"]],
]);
const keysOf: KeysOf = (tables) => KEYS.get(tables.join(".")) ?? [];

/** The scenario of a source, or all its faults in the order of the text. */
export function parseScenario(source: string): Result<Scenario, readonly PolicyFault[]> {
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const parsed = document.safeParse(toml.value, { reportInput: true });
  const faults = parsed.success
    ? [...stepFaults(parsed.data), ...harmFaults(parsed.data), ...unreadWords(parsed.data)]
    : parsed.error.issues.flatMap((issue) => faultsOf(issue, keysOf));
  if (!parsed.success || faults.length > 0) return err(placed(source, faults));
  return ok({ ...parsed.data, steps: parsed.data.steps.map(stepOf) });
}

function stepOf(step: Document["steps"][number]): Scenario["steps"][number] {
  const { tool, arguments: args = {}, method, params = {}, ...rest } = step;
  const call = tool === undefined ? { method: method ?? "", params } : toolCall(tool, args);
  return { ...rest, ...call };
}

function toolCall(
  tool: string,
  args: Readonly<Record<string, unknown>>,
): Pick<Scenario["steps"][number], "method" | "params"> {
  return { method: "tools/call", params: { name: tool, arguments: args } };
}

function stepFaults({ steps }: Document): readonly PathFault[] {
  return steps.flatMap((step, index) => {
    const isTool = step.tool !== undefined && step.method === undefined && step.params === undefined;
    const isMethod = step.method !== undefined && step.tool === undefined && step.arguments === undefined;
    return isTool || isMethod
      ? []
      : [{ path: ["steps", index], problem: "a step has a `tool` with `arguments`, or a `method` with `params`" }];
  });
}

function harmFaults({ steps, harms }: Document): readonly PathFault[] {
  const ids = new Set(steps.flatMap(({ id }) => (id === undefined ? [] : [id])));
  return harms.flatMap((harm, index) => {
    if (waysToLook(harm) !== 1) return [{ path: ["harms", index], problem: "a harm is looked for in exactly one way" }];
    if (harm.unanswered === undefined || ids.has(harm.unanswered)) return [];
    return [{ path: ["harms", index, "unanswered"], problem: `no step is called ${quoted(harm.unanswered)}` }];
  });
}

function waysToLook(harm: StoryHarm): number {
  return Object.keys(harm).filter((key) => key !== "id" && key !== "says").length;
}

/**
 * INVARIANT: a step says only what was read before it. A hijacked agent that knew the attacker's address from its own
 * script would show no flow.
 */
function unreadWords({ steps }: Document): readonly PathFault[] {
  const read = new Set(GIVEN);
  return steps.flatMap((step, index) => {
    const said = JSON.stringify([step.arguments, step.params]).matchAll(PLACEHOLDER);
    const unread = [...said].flatMap(([, word = ""]) => (read.has(word) ? [] : [word]));
    for (const word of Object.keys(step.take)) read.add(word);
    return unread.map((word) => ({ path: ["steps", index], problem: `no earlier step takes ${quoted(word)}` }));
  });
}

function hasOneGroup(source: string): boolean {
  try {
    return new RegExp(`${source}|`, "u").exec("")?.length === 2;
  } catch {
    return false;
  }
}
