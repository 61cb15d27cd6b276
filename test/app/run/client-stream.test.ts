/** The client's stream: who is read when, and work that nobody waits for waits until the client has taken what was sent. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { MAX_LINE_BYTES } from "../../../src/base/limits.js";
import { createClientStream, type ClientStream } from "../../../src/app/run/client-stream.js";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Started {
  readonly client: ClientStream;
  readonly input: PassThrough;
  readonly output: PassThrough;
}

function started(): Started {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 100 });
  const client = createClientStream(input, output, 1000);
  const nothing = (): void => undefined;
  client.start({ onLine: nothing, onOversize: nothing, onEnd: nothing, onDrain: nothing, onLost: nothing });
  return { client, input, output };
}

async function read({ output }: Started): Promise<void> {
  const drained = once(output, "drain");
  output.resume();
  await drained;
}

describe("a client is read", () => {
  const LONG = "x".repeat(MAX_LINE_BYTES);

  it("not while it does not read, although its server does", async () => {
    const world = started();
    world.client.pause();
    world.client.send(LONG);
    world.client.resume();
    expect(world.input.isPaused()).toBe(true);
    await read(world);
    expect(world.input.isPaused()).toBe(false);
  });

  it("not while its server does not read, although it does", async () => {
    const world = started();
    world.client.send(LONG);
    world.client.pause();
    await read(world);
    expect(world.input.isPaused()).toBe(true);
    world.client.resume();
    expect(world.input.isPaused()).toBe(false);
  });
});

describe("work for later", () => {
  it("comes after what is sent in the same turn", async () => {
    const { client, output } = started();
    const seen: string[] = [];
    output.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    client.afterSent(() => seen.push("work"));
    expect(client.send("answer")).toBe(true);
    expect(seen).not.toContain("work");
    await nextTurn();
    await nextTurn();
    expect(seen).toEqual(["answer\n", "work"]);
  });

  it("waits, all of it and once, until a long answer has been taken", async () => {
    const { client, output } = started();
    let done = 0;
    client.afterSent(() => done++);
    client.afterSent(() => done++);
    expect(client.send("x".repeat(500))).toBe(false);
    await nextTurn();
    await nextTurn();
    expect(done).toBe(0);
    const drained = once(output, "drain");
    output.resume();
    await drained;
    await nextTurn();
    expect(done).toBe(2);
    client.send("y".repeat(500));
    await once(output, "drain");
    await nextTurn();
    expect(done).toBe(2);
  });
});
