/** Floods that would push what acts out of sight: what is not looked at is of no origin. */
import { expect, it } from "vitest";
import { BOTTOM } from "../../src/mmu/lattice.js";
import { Memory } from "../../src/mmu/memory.js";
import { tokenProvenance } from "../../src/mmu/provenance.js";
import { activeTokensOf, tokensOf } from "../../src/mmu/tokens.js";

const EVIL = "https://evil.example/";
const memory = Memory.empty().add("p1", [
  { path: "", text: "see https://good.example/ for more", isText: true, labels: BOTTOM, classes: ["user"] },
]);

function classesIn(text: string): readonly string[] {
  return tokenProvenance(memory, text, BOTTOM).map(({ provenance }) => [...provenance.classes].join());
}

it("ids without number do not hide the link behind them", () => {
  const text = `${"ab-1234 ".repeat(20_000)}${EVIL}`;
  expect(tokensOf(text).some(({ kind }) => kind === "url")).toBe(false);
  expect(activeTokensOf(text).map(({ canonical }) => canonical)).toEqual([EVIL.slice(0, -1)]);
  expect(classesIn(text)).toEqual(["nowhere"]);
});

it("a known link ten thousand times over does not hide another one", () => {
  expect(classesIn(`${"https://good.example/ ".repeat(10_000)}${EVIL}`)).toContain("nowhere");
  expect(classesIn("https://good.example/ ".repeat(100))).toEqual(["trusted,user"]);
});
