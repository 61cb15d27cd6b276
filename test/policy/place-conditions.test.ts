/** `url`, `under` and `descriptor` as they may be written: what is none of them is refused when the policy is read. */
import { describe, expect, it } from "vitest";
import { documentOf, faultsIn, TAIL } from "./fixture.js";

const source = (condition: string): string =>
  `[[rules]]\nid = "it"\neffect = "allow"\n[rules.when]\nsyscalls = ["tool.invoke"]\n${condition}\n\n${TAIL}`;
const problems = (condition: string): string =>
  faultsIn(source(condition))
    .map(({ problem }) => problem)
    .join("; ");
const when = (condition: string): unknown => documentOf(source(condition)).rules[0]?.when;

const PORT = "a port must be a whole number up to 65535";

describe("a port", () => {
  it.each([
    ["0", [0]],
    ["65535", [65_535]],
    ["[80, 443]", [80, 443]],
  ])("may be %s", (port, read) => {
    expect(when(`url = { port = ${port} }`)).toMatchObject({ url: { port: read } });
  });

  it.each(["-1", "65536", "1.5", '["443"]', "[true]", "nan", "inf"])("may not be %s", (port) => {
    expect(problems(`url = { port = ${port} }`)).toContain(PORT);
  });

  it("is no text, and a list of them is not empty", () => {
    expect(problems('url = { port = "443" }')).not.toBe("");
    expect(problems("url = { port = [] }")).toContain("a list of ports must hold at least one");
  });
});

describe("a host", () => {
  it.each(["https://a.example", "a.example/x", "a.example:443"])("may not be %s", (host) => {
    expect(problems(`url = { host = "${host}" }`)).toContain(
      "is no host: write a name or an address without scheme, port and path",
    );
  });

  it("may be a name, an address or a glob", () => {
    for (const host of ["a.example", "127.0.0.1", "*.a.example"])
      expect(when(`url = { host = "${host}" }`)).toMatchObject({ url: { host: [host] } });
  });
});

describe("a folder", () => {
  it("may be a path, and letters may compare in two ways", () => {
    expect(when('under = { under = "/srv", case = "insensitive" }')).toMatchObject({
      under: { under: ["/srv"], case: "insensitive" },
    });
    expect(problems('under = { under = "/srv", case = "any" }')).toContain(
      "`case` must be `sensitive` or `insensitive`, found",
    );
  });

  it("may not be empty, and no list of them may be", () => {
    expect(problems('under = ""')).toBe("a folder must not be empty");
    expect(problems("under = []")).toContain("a list of folders must hold at least one");
  });

  it("may not be one that only a shell would make a path", () => {
    expect(problems('under = "~/srv"')).toBe("`~/srv` starts with `~`, which is not expanded: write the whole path");
  });
});

it("a descriptor's state is one of those that there are", () => {
  expect(problems('descriptor = ["new"]')).toContain("unknown descriptor state");
  expect(problems("descriptor = []")).toContain("a list of descriptor states must hold at least one");
});
