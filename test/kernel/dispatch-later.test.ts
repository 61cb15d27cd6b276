/** What the shell leaves for later: the index of a page, which no record and no answer depends on. */
import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/abi/event.js";
import { contextOf } from "../../src/kernel/values.js";
import type { Script } from "./ports.js";
import { CLOSE, request, running } from "./running.js";

/** What a line says, whenever it was written: the clock of these ports goes on with each look at it. */
function withoutTimes(line: string): unknown {
  const { type, value } = JSON.parse(line) as { readonly type: string; readonly value: unknown };
  return type === "page" || type === "syscall" || type === "outcome" ? { type, value } : type;
}

describe("the index of what came back", () => {
  /** The lines of three calls, the work for later done as told. */
  async function linesWith(later: Script["later"]): Promise<readonly string[]> {
    const { dispatch, lines } = await running({ ...(later === undefined ? {} : { later }) });
    for (let i = 0; i < 3; i++) await dispatch.request(request);
    await dispatch.close(CLOSE);
    return lines;
  }

  it("is left for later, once a page, and changes nothing that is recorded", async () => {
    const left: (() => void)[] = [];
    const never = await linesWith((work) => left.push(work));
    expect(left).toHaveLength(3);
    expect(never.map(withoutTimes)).toEqual((await linesWith(undefined)).map(withoutTimes));
    const atOnce = await linesWith((work) => {
      work();
    });
    expect(atOnce.map(withoutTimes)).toEqual(never.map(withoutTimes));
  });

  it("is made by that work", async () => {
    const left: (() => void)[] = [];
    const { dispatch } = await running({ later: (work) => left.push(work) });
    await dispatch.request(request);
    const context = contextOf(dispatch.current, request.session);
    if (context === "sealed") throw new Error("sealed");
    let made = 0;
    for (const { segment } of context.memory.spans) {
      segment.settle = () => {
        made++;
      };
    }
    for (const work of left) work();
    expect(made).toBe(1);
  });

  it("ends the run when a door fails meanwhile, as any other work does", async () => {
    const left: (() => void)[] = [];
    let clock = 0;
    const now = (): Instant => {
      if (clock < 0) throw new Error("no clock");
      return { mono_us: ++clock, wall_ms: clock };
    };
    const { dispatch } = await running({ now, later: (work) => left.push(work) });
    await dispatch.request(request);
    clock = -1;
    for (const work of left) work();
    expect(dispatch.fault?.message).toBe("no clock");
    expect((await dispatch.request(request)).decision).toMatchObject({ verdict: "deny", reason: "recorder-fault" });
  });
});
