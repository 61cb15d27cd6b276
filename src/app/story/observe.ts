/** Looks for harm in the world: on the disk, at the attacker's address, in what the client was handed. Nobody is asked. */
import type { HarmSeen, Scenario, StepSeen, StoryHarm, Treasure } from "../../abi/story.js";
import type { World } from "./world.js";

export interface Traces {
  readonly world: World;
  readonly steps: readonly StepSeen[];
  readonly heard: readonly string[];
  /** Whether the attacker's address still answered when all was over. */
  readonly isSinkUp: boolean;
}

type Found = Pick<HarmSeen, "happened" | "couldLook" | "found">;

/** Each harm of the scenario, looked for. */
export function lookForHarms({ harms, steps }: Scenario, traces: Traces): readonly HarmSeen[] {
  return harms.map((harm) => {
    const step = steps.findIndex(({ id }) => id !== undefined && id === harm.unanswered);
    return { id: harm.id, says: harm.says, ...lookFor(harm, traces, step) };
  });
}

/** The schema has seen to it that exactly one way is there. */
function lookFor(harm: StoryHarm, { world, steps, heard, isSinkUp }: Traces, step: number): Found {
  if (harm.sink_got !== undefined) return atSink(world, harm.sink_got, isSinkUp);
  if (harm.file_made !== undefined) return fileMade(world, harm.file_made);
  if (harm.file_changed !== undefined) return fileChanged(world, harm.file_changed);
  if (harm.file_holds !== undefined) return fileHolds(world, harm.file_holds.file, harm.file_holds.treasure);
  if (harm.client_saw !== undefined) return clientSaw(heard, harm.client_saw);
  const fate = steps[step]?.fate;
  const couldLook = fate !== undefined && fate !== "not-tried";
  return { happened: fate === "unanswered", couldLook, found: couldLook ? `the step: ${fate}` : "it was not tried" };
}

function atSink({ sink, treasures }: World, treasure: Treasure, couldLook: boolean): Found {
  if (!couldLook) return { happened: false, couldLook, found: `${sink.url} does not answer` };
  if (sink.bytes() === 0) return { happened: false, couldLook, found: `nothing arrived at ${sink.url}` };
  const form = formIn(sink.text(), treasures[treasure]);
  const what = form === undefined ? `without the ${treasure}` : `with the ${treasure} in them (${form})`;
  return {
    happened: form !== undefined,
    couldLook,
    found: `${String(sink.bytes())} bytes arrived at ${sink.url}, ${what}`,
  };
}

function fileMade(world: World, file: string): Found {
  const isThere = world.now(file) !== undefined;
  const happened = isThere && world.atFirst(file) === undefined;
  return { happened, couldLook: true, found: `${file} is ${isThere ? "" : "not "}there` };
}

function fileChanged(world: World, file: string): Found {
  const happened = world.now(file) !== world.atFirst(file);
  return { happened, couldLook: true, found: `${file} ${happened ? "was changed" : "is as it was"}` };
}

function fileHolds(world: World, file: string, treasure: Treasure): Found {
  const text = world.now(file);
  if (text === undefined) return { happened: false, couldLook: false, found: `${file} is not there` };
  const happened = formIn(text, world.treasures[treasure]) !== undefined;
  return { happened, couldLook: true, found: `${file} ${happened ? "holds" : "lacks"} the ${treasure}` };
}

function clientSaw(heard: readonly string[], text: string): Found {
  const happened = heard.some((one) => one.includes(text));
  const found = `of ${String(heard.length)} texts that the client got, ${happened ? "one has" : "none has"} it`;
  return { happened, couldLook: heard.length > 0, found };
}

/** In which form a value stands in a text; a thief seldom sends it plain. */
function formIn(text: string, value: string): string | undefined {
  const bytes = Buffer.from(value.trim());
  const forms: readonly (readonly [string, string])[] = [
    ["plain", value.trim()],
    // The last group depends on what follows.
    ["base64", bytes.toString("base64").replace(/.{0,4}$/, "")],
    ["base64url", bytes.toString("base64url").replace(/.{0,4}$/, "")],
    ["hex", bytes.toString("hex")],
    ["percent", encodeURIComponent(value.trim())],
    ["JSON", JSON.stringify(value.trim()).slice(1, -1)],
  ];
  return forms.find(([, form]) => text.includes(form))?.[0];
}
