/** What the shell leaves for later: the index of a page, which no record and no answer depends on. */
import { describe, expect, it, vi } from "vitest";
import { Segment } from "../../src/mmu/index/segment.js";
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

  it("that cannot be made ends the run", async () => {
    const left: (() => void)[] = [];
    const { dispatch } = await running({ later: (work) => left.push(work) });
    await dispatch.request(request);
    const settled = vi.spyOn(Segment.prototype, "settle").mockImplementation(() => {
      throw new Error("no memory");
    });
    for (const work of left) work();
    settled.mockRestore();
    expect(dispatch.fault?.message).toBe("no memory");
    expect((await dispatch.request(request)).decision).toMatchObject({ verdict: "deny", reason: "recorder-fault" });
  });
});
