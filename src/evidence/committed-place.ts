/** Where the commitments of a line stand, and what a JSON pointer into the line's value asks for. */
import { unescapeSegment } from "../base/pointer.js";
import { err, ok, type Result } from "../base/result.js";
import type { EventType, FlightLine } from "../abi/event.js";
import type { Commit, PayloadSlot } from "../abi/payload.js";

interface Place {
  readonly type: EventType;
  readonly slot: PayloadSlot;
  /** JSON pointer into the line's value. */
  readonly pointer: string;
}

/** Every place of every line type at which a commitment can stand. */
const PLACES: readonly Place[] = [
  { type: "open", slot: "command", pointer: "/command" },
  { type: "syscall", slot: "subject", pointer: "/subject" },
  { type: "syscall", slot: "arguments", pointer: "/arguments" },
  { type: "syscall", slot: "intent", pointer: "/claims/intent" },
  { type: "syscall", slot: "sent", pointer: "/sent" },
  { type: "page", slot: "content", pointer: "/content" },
  { type: "close", slot: "stderr", pointer: "/stderr" },
];

/** What a pointer asks for: a value, or one member of it. */
export interface Wanted {
  readonly slot: PayloadSlot;
  readonly commit: Commit;
  /** The pointer of the value, whatever is asked for of it. */
  readonly pointer: string;
  readonly member: string | undefined;
}

export interface PointerFault {
  /** A whole sentence without its end. */
  readonly detail: string;
  readonly hint: string;
}

/** The commitment of a slot in this line; undefined when the line has none. */
export function commitIn(line: FlightLine, slot: PayloadSlot): Commit | undefined {
  const place = PLACES.find((one) => one.type === line.type && one.slot === slot);
  return place === undefined ? undefined : commitAt(line, place);
}

/** INVARIANT: the line was decoded, so what stands at a place is a commitment or absent. */
function commitAt(line: FlightLine, { pointer }: Place): Commit | undefined {
  let value: unknown = line.value;
  for (const name of pointer.slice(1).split("/"))
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value as Commit | undefined;
}

/** What a pointer asks for in a line. Deeper than a member nothing can be opened: a member has one salt. */
export function wantedAt(line: FlightLine, pointer: string): Result<Wanted, PointerFault> {
  const there = PLACES.flatMap((place) => {
    const commit = place.type === line.type ? commitAt(line, place) : undefined;
    return commit === undefined ? [] : [{ slot: place.slot, pointer: place.pointer, commit }];
  });
  const found = there.find((place) => pointer === place.pointer || pointer.startsWith(`${place.pointer}/`));
  if (found === undefined) return err(nothingAt(line, pointer, there));
  const [segment, ...deeper] = pointer.slice(found.pointer.length).split("/").slice(1);
  if (segment === undefined) return ok({ ...found, member: undefined });
  if (/~(?![0-3])/.test(segment))
    return err({ detail: `\`${pointer}\` is no JSON pointer`, hint: "in a name `~` is written `~0`, and `/` is `~1`" });
  if (deeper.length > 0) {
    const nearest = `${found.pointer}/${segment}`;
    return err({ detail: `\`${pointer}\` is deeper than what is committed to`, hint: `the nearest is \`${nearest}\`` });
  }
  return ok({ ...found, member: unescapeSegment(segment) });
}

function nothingAt(line: FlightLine, pointer: string, there: readonly { pointer: string }[]): PointerFault {
  const pointers = there.map((place) => `\`${place.pointer}\``).join(", ");
  return {
    detail: `line ${String(line.seq)}, of type \`${line.type}\`, commits to nothing at \`${pointer}\``,
    hint: pointers === "" ? "it holds no committed value" : `what it commits to: ${pointers}`,
  };
}
