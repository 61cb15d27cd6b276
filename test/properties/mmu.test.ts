/** Labels only rise: no function of the two rooms that know them lowers one, and no session's ever fall without a release. */
import { readdirSync } from "node:fs";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/abi/labels.js";
import { labelsOf, mayFlow } from "../../src/mmu/lattice.js";
import { labelsIn, Run } from "../kernel/fixture.js";
import { labels } from "../mmu/labels.js";
import { policies, take, turns } from "./sessions.js";

type Unknown = (...given: readonly unknown[]) => unknown;

const SOURCES = joinPath(import.meta.dirname, "../../src");

async function functionsOf(room: string): Promise<readonly (readonly [name: string, call: Unknown])[]> {
  const files = readdirSync(joinPath(SOURCES, room), { recursive: true, encoding: "utf8" });
  const modules = files.filter((file) => file.endsWith(".ts")).sort();
  const found = await Promise.all(
    modules.map(async (file) => {
      const exported = (await import(joinPath(SOURCES, room, file))) as Record<string, unknown>;
      return Object.entries(exported).flatMap(([name, value]) =>
        typeof value === "function" ? [[`${room}/${file} ${name}`, value as Unknown] as const] : [],
      );
    }),
  );
  return found.flat();
}

const FUNCTIONS = [...(await functionsOf("mmu")), ...(await functionsOf("kernel"))];
/** They take a listing, or a page, and hand it back as it is where the other argument says nothing of it: labels are neither. */
const NOT_ABOUT_LABELS = ["kernel/descriptors.ts withListingPage", "kernel/history.ts pageHappened"];
const DOWN = ["mmu/declassify.ts declassify", "mmu/declassify.ts endorse"];

function isLabels(value: unknown): value is Labels {
  if (typeof value !== "object" || value === null) return false;
  return ["integrity", "confidentiality", "origin", "tags"].every((axis) => axis in value);
}

/** What a function makes of labels; undefined when it is not about labels, or refuses them. */
function made(call: Unknown, given: readonly Labels[]): Labels | undefined {
  try {
    const result = call(...structuredClone(given));
    return isLabels(result) ? result : undefined;
  } catch {
    return undefined;
  }
}

/** Those that give labels for labels, and those of them that ever give lower ones. */
function judged(): { readonly givers: readonly string[]; readonly lowering: readonly string[] } {
  const givers = new Set<string>();
  const lowering = new Set<string>();
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      for (const [name, call] of FUNCTIONS) {
        if (NOT_ABOUT_LABELS.includes(name)) continue;
        for (const given of [[a], [a, b]]) {
          const result = made(call, given);
          if (result === undefined) continue;
          givers.add(name);
          if (!given.slice(0, call.length).every((one) => mayFlow(one, result))) lowering.add(name);
        }
      }
    }),
    { numRuns: 60 },
  );
  return { givers: [...givers].sort(), lowering: [...lowering].sort() };
}

describe("of all that the rooms of labels export", () => {
  const { givers, lowering } = judged();

  it("many functions were looked at, and those that join or lower are among them", () => {
    expect(FUNCTIONS.length).toBeGreaterThan(40);
    expect(givers).toEqual(expect.arrayContaining(["mmu/lattice.ts join", ...DOWN]));
  });

  // Claim: T2
  it("only `declassify` and `endorse` ever give labels below those they were given", () => {
    expect(lowering).toEqual(DOWN);
  });

  it("and these lower one axis each", () => {
    const [declassify, endorse] = DOWN.map((name) => FUNCTIONS.find(([known]) => known === name)?.[1]);
    fc.assert(
      fc.property(labels, (before) => {
        expect(declassify?.(before)).toEqual({ ...before, confidentiality: "public" });
        expect(endorse?.(before)).toEqual({ ...before, integrity: "trusted" });
      }),
    );
  });
});

describe("without a release", () => {
  // Claim: T2
  it("no session's labels fall, and no call is judged below them", () => {
    fc.assert(
      fc.property(policies, turns, (policy, list) => {
        const run = new Run(policy);
        for (const one of list) {
          const before = run.state;
          const seen = run.steps.length;
          take(run, one);
          for (const id of ["s1", "s2"]) expect(mayFlow(labelsIn(before, id), labelsIn(run.state, id))).toBe(true);
          for (const { event } of run.steps.slice(seen)) {
            if (event.type !== "syscall") continue;
            const names = labelsOf(event.value.labels);
            expect(names !== undefined && mayFlow(labelsIn(before, event.value.session), names)).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("a page's labels are at least those of each leaf that is found in it", () => {
    fc.assert(
      fc.property(policies, turns, (policy, list) => {
        const run = new Run(policy);
        for (const one of list) take(run, one);
        const pages = new Map(
          run.steps.flatMap(({ event }) =>
            event.type === "page" ? [[event.value.page, event.value.labels] as const] : [],
          ),
        );
        for (const { event } of run.steps) {
          if (event.type !== "syscall") continue;
          for (const { page, labels: names } of (event.value.provenance ?? []).flatMap(({ origins }) => origins)) {
            if (page.startsWith("directory:")) continue;
            const [leaf, whole] = [labelsOf(names), labelsOf(pages.get(page) ?? [])];
            expect(leaf !== undefined && whole !== undefined && mayFlow(leaf, whole)).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
