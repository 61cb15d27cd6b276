/** Ports in memory, with faults on order: what a recorder, a signer and a driver can do to the kernel's shell. */
import { createHash } from "node:crypto";
import type { EventType, Instant } from "../../src/abi/event.js";
import type { PayloadRecord } from "../../src/abi/payload.js";
import type { Observation, Ports } from "../../src/abi/ports.js";
import { openPayload } from "../../src/abi/request.js";

/** What happened, in the order it happened. */
export type Happening =
  | { readonly what: "append"; readonly line: string; readonly durable: boolean }
  | { readonly what: "on-disk"; readonly line: string }
  | { readonly what: "act"; readonly call: string };

export interface ScriptedPorts extends Ports {
  readonly lines: string[];
  readonly payloads: PayloadRecord[];
  readonly happened: Happening[];
  readonly signed: string[];
  /** Ids of the calls performed. */
  readonly acts: () => readonly string[];
}

export interface Script {
  readonly now?: () => Instant;
  /** Throws to refuse a line; a promise makes it durable in its own time. */
  readonly append?: (line: string, index: number, durable: boolean) => Promise<void> | undefined;
  readonly sign?: (statement: string) => string;
  readonly verify?: Ports["verify"];
  readonly nonce?: Ports["nonce"];
  readonly act?: Ports["act"];
  readonly payload?: (record: PayloadRecord) => void;
  readonly later?: Ports["later"];
}

/** A page with a text, as a tool would answer. */
export function answer(text: string): Observation {
  return { status: "ok", page: { method: "tools/call", content: openPayload(JSON.stringify({ text })) } };
}

/** A stand-in for a signature, of the right form. */
export function fakeSeal(statement: string): string {
  return createHash("sha512").update(statement).digest("hex");
}

export function scriptedPorts(script: Script = {}): ScriptedPorts {
  const lines: string[] = [];
  const payloads: PayloadRecord[] = [];
  const happened: Happening[] = [];
  const signed: string[] = [];
  let clock = 0;
  let drawn = 0;
  return {
    lines,
    payloads,
    happened,
    signed,
    acts: () => happened.filter((one) => one.what === "act").map(({ call }) => call),
    now: script.now ?? (() => ({ mono_us: (clock += 10), wall_ms: 1_700_000_000_000 + clock })),
    nonce: script.nonce ?? ((bytes) => (++drawn).toString(16).padStart(2 * bytes, "0")),
    append: (batch, durable) => {
      const waits = batch.map((line) => {
        const wait = script.append?.(line, lines.length, durable);
        lines.push(line);
        happened.push({ what: "append", line, durable });
        return wait?.then(() => void happened.push({ what: "on-disk", line }));
      });
      const started = waits.filter((wait) => wait !== undefined);
      return started.length > 0 ? Promise.all(started).then(() => undefined) : undefined;
    },
    sign: (statement) => {
      signed.push(statement);
      return script.sign?.(statement) ?? fakeSeal(statement);
    },
    verify: script.verify ?? ((_key, statement, signature) => signature === fakeSeal(statement)),
    act: (call, request, sent, decision) => {
      happened.push({ what: "act", call });
      return script.act?.(call, request, sent, decision) ?? Promise.resolve(answer(`result of ${call}`));
    },
    payload: (record) => {
      script.payload?.(record);
      payloads.push(record);
    },
    ...(script.later === undefined ? {} : { later: script.later }),
  };
}

/** What an append does to the lines of one type, and to no other. */
export function onLine(
  type: EventType,
  does: (line: string) => Promise<void> | undefined,
): NonNullable<Script["append"]> {
  return (line) => (line.includes(`"type":"${type}"`) ? does(line) : undefined);
}

/** A promise to be settled by hand. */
export function gate<T = void>(): {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (error: Error) => void;
} {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Lets everything that is ready run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
