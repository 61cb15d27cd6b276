/** Runs the checks that were asked for, two at a time, and tells how far it is. */
import { AUDIT_GROUPS, type AuditGroup, type CheckedFact, type CheckResult } from "../../abi/audit.js";
import { AgentkError } from "../../base/errors.js";
import { failed, type AuditCheck } from "./check.js";
import type { AuditWorld } from "./world.js";

/** Told when a check begins and when it is over. */
export interface AuditProgress {
  readonly begun: (check: AuditCheck) => void;
  readonly done: (checked: CheckedFact, count: number, of: number) => void;
}

/** Checks at one time. The machine that a release is made on has two cores. */
const LANES = 2;

/**
 * Of these groups, those that `only` names by id or group; all when it names none.
 * @throws AgentkError `usage` for a name that no check has
 */
export function selectChecks(
  all: readonly AuditCheck[],
  groups: readonly AuditGroup[],
  only: readonly string[],
): readonly AuditCheck[] {
  const offered = all.filter(({ group }) => groups.includes(group));
  for (const name of only) {
    if (!offered.some(({ id, group }) => name === id || name === group)) throw unknownCheck(name, groups);
  }
  return only.length === 0 ? offered : offered.filter(({ id, group }) => only.includes(id) || only.includes(group));
}

function unknownCheck(name: string, groups: readonly AuditGroup[]): AgentkError {
  const shown = name.slice(0, 80);
  return new AgentkError("usage", `there is no check or group \`${shown}\` here`, {
    hint: `the groups are ${groups.join(", ")}; --list shows the checks`,
  });
}

/** In the order of the list, whatever ended first. Each check's result stands for itself: one that throws fails alone. */
export async function runChecks(
  checks: readonly AuditCheck[],
  world: AuditWorld,
  progress: AuditProgress,
): Promise<readonly CheckedFact[]> {
  const done = new Map<string, CheckedFact>();
  // Long ones first: the group of the runs waits for processes most.
  const waiting = [...checks].sort((a, b) => AUDIT_GROUPS.indexOf(b.group) - AUDIT_GROUPS.indexOf(a.group));
  const lane = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      progress.begun(check);
      const checked = await runOne(check, world);
      done.set(check.id, checked);
      progress.done(checked, done.size, checks.length);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return checks.flatMap(({ id }) => done.get(id) ?? []);
}

async function runOne(check: AuditCheck, world: AuditWorld): Promise<CheckedFact> {
  const { id, group, title, fails } = check;
  const began = performance.now();
  const result = await resultOf(check, world);
  return { id, group, title, fails, result, ms: Math.round(performance.now() - began) };
}

/** INVARIANT: a check that cannot see has failed. */
async function resultOf(check: AuditCheck, world: AuditWorld): Promise<CheckResult> {
  try {
    return await check.run(world);
  } catch (error) {
    return failed(`could not be checked: ${error instanceof Error ? firstLine(error.message) : "an unknown fault"}`);
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}
