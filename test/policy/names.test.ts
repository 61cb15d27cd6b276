/** Names that a policy uses and does not have: told where they stand, beside whatever else is wrong there. */
import { describe, expect, it } from "vitest";
import { faultsIn, TAIL } from "./fixture.js";

const ruleOf = (condition: string): string =>
  `[[rules]]\nid = "calls"\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"], ${condition} }\n${TAIL}`;
const fromOf = (origin: string): string => ruleOf(`every = [{ path = "/a", from = [${origin}] }]`);
const VENDORS = '[[directory]]\nname = "vendors"\nvalues = ["x"]\n';

const problemsOf = (source: string): readonly string[] => faultsIn(source).map(({ problem }) => problem);
const hintsOf = (source: string): readonly (string | undefined)[] => faultsIn(source).map(({ hint }) => hint);

describe("a directory that is not there", () => {
  it("is told with the one that was likely meant", () => {
    expect(hintsOf(VENDORS + fromOf('"directory:vendor"'))).toEqual(["did you mean `directory:vendors`?"]);
  });

  it("is told with the place to name it in, when none is like it", () => {
    expect(hintsOf(VENDORS + fromOf('"directory:staff"'))).toEqual(["name it in `[[directory]]`"]);
  });

  it("is told beside directories without names", () => {
    const source = `[[directory]]\nvalues = ["x"]\n[[directory]]\nvalues = ["y"]\n${fromOf('"directory:staff"')}`;
    expect(problemsOf(source)).toEqual(["`name` is missing", "`name` is missing", "there is no directory `staff`"]);
  });
});

describe("a label that is none", () => {
  it.each(["all", "any"])("is found within `%s`", (list) => {
    expect(problemsOf(ruleOf(`${list} = [{ labels_any = ["secrt"] }]`))).toEqual([
      "`secrt` is close to the label `secret`",
    ]);
  });

  it.each(["labels_any = [true]", "labels_any = [7]"])("may be no text: %s", (condition) => {
    expect(problemsOf(ruleOf(condition))).toEqual([
      expect.stringMatching(/^each item of `labels_any` must be a string, found /),
    ]);
  });

  it("may be no text among origins", () => {
    expect(problemsOf(fromOf("7"))).toEqual([expect.stringMatching(/^each item of `from` must be a string, found /)]);
  });
});
