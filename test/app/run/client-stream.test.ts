/** The client's stream: work that nobody waits for waits until the client has taken what was sent. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createClientStream, type ClientStream } from "../../../src/app/run/client-stream.js";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function started(): { readonly client: ClientStream; readonly output: PassThrough } {
  const output = new PassThrough({ highWaterMark: 100 });
  const client = createClientStream(new PassThrough(), output, 1000);
  const nothing = (): void => undefined;
  client.start({ onLine: nothing, onOversize: nothing, onEnd: nothing, onDrain: nothing, onLost: nothing });
  return { client, output };
}

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
