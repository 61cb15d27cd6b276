/** What is said of a capability that is none, and of a key in a table within a table. */
import { describe, expect, it } from "vitest";
import { faultsIn, TAIL } from "./fixture.js";

const told = (source: string): readonly (readonly [string, string | undefined])[] =>
  faultsIn(source).map(({ problem, hint }) => [problem, hint]);

describe("a capability", () => {
  it.each([
    ["tool.invok:fs/a", "unknown syscall `tool.invok` in a capability", "did you mean `tool.invoke`?"],
    ["qqqqqqqq:fs/a", "unknown syscall `qqqqqqqq` in a capability", undefined],
    [":fs/a", "unknown syscall `` in a capability", undefined],
    ["tool.invoke:", "the capability `tool.invoke:` must be `kind:target`, with a glob for the target", undefined],
  ])("%j is told with what was likely meant, and with nothing when that is not known", (capability, problem, hint) => {
    expect(told(`[[grants]]\ncapability = "${capability}"\n${TAIL}`)).toEqual([[problem, hint]]);
  });
});

describe("a key that is none", () => {
  it.each([
    [
      '[[sources]]\npath = "/**"\nlabels = ["untrusted"]\nwhen = { path = "a", in = ["b"], qqqqqqqq = 1 }\n',
      "the keys here are `path`, `equals`, `in`",
    ],
    [
      '[[rules]]\neffect = "transform"\nwhen = { syscalls = ["tool.invoke"] }\nchanges = [{ qqqqqqqq = 1 }]\n',
      "the keys here are `path`, `redact`, `substitute`, `quarantine`",
    ],
  ])("is told with those that the table has (%#)", (source, hint) => {
    expect(told(source + TAIL).map(([, each]) => each)).toContain(hint);
  });
});
