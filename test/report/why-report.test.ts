import { describe, expect, test } from "vitest";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import { DEFAULT_WHY, whyTree, type WhyNode } from "../../src/evidence/why.js";
import { paintWith, plainPaint } from "../../src/report/style.js";
import { isoTime } from "../../src/report/instant.js";
import { whyJson, whyText } from "../../src/report/why-report.js";
import { chainOf, parse } from "../evidence/fixture.js";
import { invoked, leaf, mail, mailEvents, origin, webPage } from "../evidence/poisoned-run.js";
import { expectGolden } from "./golden.js";

const LOG = ".agentk/runs/latest.jsonl";
const LOOK = { paint: plainPaint, width: 100 };

function treeOf(events: readonly FlightEvent[], seq: number, bounds: Partial<typeof DEFAULT_WHY> = {}): WhyNode {
  const lines = chainOf(events).map((text) => parse(text) as FlightLine);
  const pages = lines.filter(({ type, seq: at }) => type === "page" && at < seq).map(({ seq: at }) => at);
  const readBefore = (): { of: number; newest: number[] } => ({ of: pages.length, newest: pages.toReversed() });
  const tree = whyTree({ line: (at) => lines[at], readBefore }, seq, { ...DEFAULT_WHY, ...bounds });
  if (tree === undefined) throw new Error("no tree");
  return tree;
}

describe("as text", () => {
  test("the poisoned page stands under the argument that came from it", () => {
    expectGolden("why-mail.txt", whyText(LOG, treeOf(mailEvents(), 6), LOOK));
  });

  test("what is cut, missing or withheld says so", () => {
    const deny = { verdict: "deny", rule: "default-deny", reason: "no-rule" } as const;
    const lost = leaf("/to", "exact", { origins: [origin("p99", "/a"), origin("p4", "/a")] });
    const events = [...mailEvents().slice(0, 6), mail(6, { provenance: [lost], more_leaves: 3 })];
    expectGolden("why-cut.txt", whyText(LOG, treeOf(events, 6, { depth: 1, nodes: 3 }), LOOK));
    expect(whyText(LOG, treeOf(events, 6, { depth: 1 }), LOOK)).toContain("(brought by c3)");
    const withheld = [...mailEvents().slice(0, 4), webPage(4, "c3", { delivery: deny })];
    expect(whyText(LOG, treeOf(withheld, 4), LOOK)).toContain("p4  web/read_page tools/call#result  deny:default-deny");
    expect(whyText(LOG, treeOf([invoked(0, "read_page", { provenance: [leaf("/a", "nowhere")] })], 0), LOOK)).toContain(
      "composed: the session had been handed no page",
    );
  });

  test("no name of a log acts on a terminal, and no query of a URL is shown", () => {
    const evil = "\u001b[2J\u202e";
    const leafOf = leaf(`/${evil}`, "exact", {
      classes: [evil],
      labels: [evil],
      origins: [origin("p4", evil, [evil])],
    });
    const page = webPage(4, "c3", { method: evil, signs: [evil], labels: [evil], server: "web" });
    const events = mailEvents().map((event, seq) => {
      if (seq === 4) return page;
      return seq === 6
        ? mail(6, { provenance: [leafOf], labels: [evil], target: "https://u:pw@a.example/x?key=s3cret" })
        : event;
    });
    for (const text of [whyText(evil, treeOf(events, 6), LOOK), whyJson(evil, treeOf(events, 6))]) {
      expect(text).not.toContain("\u202e");
      expect(text).not.toContain("\u001b");
      expect(text).not.toMatch(/s3cret|pw@/);
    }
    expect(whyText(evil, treeOf(events, 6), LOOK)).toContain("\\u{1b}[2J\\u{202e}");
  });

  test("paint adds colours and nothing else", () => {
    const mark = (text: string): string => `<${text}>`;
    const paint = paintWith({ bold: mark, green: mark, red: mark, yellow: mark, dim: mark });
    const painted = whyText(LOG, treeOf(mailEvents(), 6), { paint, width: 100 });
    expect(painted).toContain("<deny:default-deny>");
    expect(painted.replace(/[<>]/g, "")).toBe(whyText(LOG, treeOf(mailEvents(), 6), LOOK));
  });
});

describe("as JSON", () => {
  test("one document with the same tree", () => {
    expectGolden("why-mail.json", whyJson(LOG, treeOf(mailEvents(), 6)));
  });
});

test("a wall clock beyond all dates is shown as it is", () => {
  expect(isoTime(9e15)).toBe("9000000000000000");
  expect(isoTime(0)).toBe("1970-01-01T00:00:00.000Z");
});
