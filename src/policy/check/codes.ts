/** Everything that lint can find, a closed list: how bad it is, what it means, what to do about it. */
import type { Path } from "../fault.js";

export const LINT_CODES = {
  unreachable: {
    severity: "warning",
    means: "an earlier rule holds whenever this one does, so this one never decides",
    hint: "remove it, narrow the earlier rule, or move this one above it",
  },
  shadowed: {
    severity: "warning",
    means: "for a part of what this rule names, an earlier rule with another effect decides",
    hint: "take that part out of this rule, or move the rule above the earlier one",
  },
  contradictory: {
    severity: "error",
    means: "these conditions can never hold together, so the rule never decides",
    hint: "correct one of the conditions",
  },
  phase: {
    severity: "error",
    means: "the condition asks for what a call of this kind does not have",
    hint: "name another syscall, or drop the condition",
  },
  "phase-in-part": {
    severity: "warning",
    means: "for some of the rule's syscalls the condition asks for what they do not have",
    hint: "write a rule of its own for those syscalls",
  },
  "idle-change": {
    severity: "error",
    means: "the change has nothing to work on in a call of this kind",
    hint: "change the result in the rule for its response, or deny",
  },
  "no-user-channel": {
    severity: "error",
    means: "no channel of the user's is named in `[trust]`, so no value is ever the user's",
    hint: "set `client_prompt` or `context_socket` in `[trust]`, or demand another origin",
  },
  "undeclared-directory": {
    severity: "error",
    means: "no `[[directory]]` has this name, so no value is ever found in it",
    hint: "declare the directory, or correct the name",
  },
  "ungiven-tag": {
    severity: "warning",
    means: "no source of this policy gives the tag: no value has it, and a call only when its client claims it",
    hint: "give it in the `labels` of a `[[sources]]`, or correct the name",
  },
  "no-origin": {
    severity: "warning",
    means: "nothing in this policy makes a value one of these, so the test never holds for a value",
    hint: "name the user's channel in `[trust]`, or what you trust in `[[sources]]` or `[[directory]]`",
  },
  "withheld-answers": {
    severity: "warning",
    means: "the calls are made and their answers are never handed on: the agent learns nothing from them",
    hint: "allow the response syscall as well, or leave it if the answers are to be withheld",
  },
  "vacuous-every": {
    severity: "warning",
    means: "`every` also holds when there is no such argument: a tool that calls it otherwise passes untested",
    hint: "list the tools, or add a `some` for an argument that must be there",
  },
  "every-in-deny": {
    severity: "warning",
    means: "`every` needs all values to be bad: an attacker adds one good value and the rule no longer holds",
    hint: "use `some`, or write an allow rule with `every` above",
  },
  "some-in-allow": {
    severity: "warning",
    means: "`some` is content with one good value: an attacker adds it beside the bad ones",
    hint: "use `every`",
  },
  "open-arguments": {
    severity: "warning",
    means: "the rule tests arguments by name, and any other argument that a caller adds passes untested",
    hint: "list the tool's arguments in `only`",
  },
  "empty-labels": {
    severity: "warning",
    means: "an empty list of labels is no condition",
    hint: "name a label, or remove the list",
  },
  "allows-everything": {
    severity: "error",
    means: "the rule allows every syscall, also those that run code, send and open secrets",
    hint: "list only the syscalls that the agent needs",
  },
  "unnarrowed-allow": {
    severity: "warning",
    means: "a consequential syscall is allowed without a condition that narrows it",
    hint: 'narrow it by `tool`, `target` or labels, or demand `capability = "present"`',
  },
  "observe-mode": {
    severity: "warning",
    means: "nothing is enforced: what the rules would not allow is marked and passes",
    hint: 'set `mode = "enforce"`',
  },
  expired: {
    severity: "error",
    means: "the time has passed: an expired policy denies everything, an expired grant covers nothing",
    hint: "renew it or take it out",
  },
  "bad-expiry": {
    severity: "error",
    means: "the time cannot be read, and counts as past",
    hint: "write RFC 3339, such as `2027-01-01T00:00:00Z`",
  },
  "unused-grant": {
    severity: "warning",
    means: "no rule tests a capability for this kind, so the grant changes nothing",
    hint: 'add `capability = "present"` to the rule that should need it, or remove the grant',
  },
  "unused-directory": {
    severity: "warning",
    means: "no rule demands this directory as an origin",
    hint: "remove it, or name it in `from`",
  },
  "unused-label": {
    severity: "warning",
    means: "no rule tests this tag and no source gives it",
    hint: "remove it, or use it",
  },
  "unbounded-grant": {
    severity: "warning",
    means: "a grant for a dangerous kind has neither a number of uses nor an end",
    hint: "give it `uses` or `expires`",
  },
  "no-id": {
    severity: "warning",
    means: "the rule is known by its place in the file, and is another rule when one is added above",
    hint: "give it an `id`",
  },
  "not-searched": {
    severity: "warning",
    means: "the policy is too large to compare all its rules: some findings may be missing",
    hint: "split it, or make its rules smaller",
  },
} as const satisfies Readonly<Record<string, LintCodeRow>>;

interface LintCodeRow {
  readonly severity: LintSeverity;
  /** One line, lower case. */
  readonly means: string;
  readonly hint: string;
}

export type LintSeverity = "error" | "warning";
export type LintCode = keyof typeof LINT_CODES;

export interface LintFinding {
  readonly code: LintCode;
  readonly severity: LintSeverity;
  /** 1-based; the column in UTF-16 code units. */
  readonly line: number;
  readonly column: number;
  /** What was found here; one line, user text in backticks. */
  readonly problem: string;
  readonly means: string;
  readonly hint: string;
}

/** A finding whose place in the source is not looked up yet. */
export interface PathFinding {
  readonly code: LintCode;
  readonly path: Path;
  readonly problem: string;
}
