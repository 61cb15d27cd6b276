/** What a verified log proves and, said as plainly, what it cannot. */

/** How a log ends: with a valid seal, closed by a recovery, or neither. */
export type Ending = "sealed" | "recovered" | "unsealed";

export interface ProofFacts {
  readonly ok: boolean;
  readonly ending: Ending;
  /** In the file. */
  readonly lines: number;
  /** Lines of the run that are gone; the first line of the file then stands for them. */
  readonly pruned: number;
  /** 1-based line of the first failure. */
  readonly firstFailure: number | undefined;
  readonly unanswered: number;
  readonly hasKey: boolean;
  /** How many lines from the start the last valid checkpoint covers. */
  readonly signedLines: number;
}

/** Sentences a reader may rely on. */
export function provedBy(facts: ProofFacts): readonly string[] {
  const { ok, ending, lines, firstFailure, signedLines } = facts;
  if (ok && facts.pruned > 0) return provedByRest(facts);
  if (!ok) {
    const last = (firstFailure ?? 1) - 1;
    return last < 1 ? [] : [`lines 1 to ${String(last)} are well-formed and follow one another; no more than that`];
  }
  const account = [
    "every decision names the policy in force, whose source is in the log",
    "every outcome belongs to an allowed call, and no call has two",
  ];
  if (ending !== "sealed")
    return [
      `the ${String(lines)} lines that are there are well-formed and follow one another`,
      ...(signedLines === 0
        ? []
        : [`the first ${String(signedLines)} of them are those that the key stated in the first line signed`]),
      ...account,
    ];
  return [
    `all ${String(lines)} lines are there, in order: none was cut, added, moved or changed since the seal`,
    "the seal was made with the key that the first line states",
    ...account,
  ];
}

/** Of a pruned log, which verified. */
function provedByRest({ ending, lines, pruned, signedLines }: ProofFacts): readonly string[] {
  const kept = String(lines - 1);
  const signed = signedLines - pruned;
  return [
    `${String(pruned)} lines stood before the ${kept} that are kept, and the key that was then in force signed their head`,
    "the lines of the first line's header, with the run, its policy and its keys, stood among them",
    ...(ending === "sealed"
      ? [
          `all ${kept} kept lines are there, in order: none was cut, added, moved or changed since the seal`,
          "the seal was made with the key that the header states, or one that it changed to",
        ]
      : [
          `the ${kept} kept lines are well-formed and follow one another`,
          ...(signed === 0 ? [] : [`the first ${String(signed)} of them are signed as well`]),
        ]),
    "every kept decision names the policy in force, whose source is in the log",
    "every kept outcome belongs to an allowed call, or to one that was pruned",
  ];
}

/** Sentences that start where the proof stops: what to check by other means. */
export function notProvedBy(facts: ProofFacts): readonly string[] {
  return [
    ...endingGap(facts),
    ...prunedGap(facts),
    ...(facts.ok ? [] : ["anything about the lines that the findings name, and what follows from them"]),
    ...unansweredGap(facts.unanswered),
    "that the log was not written anew under another key: the key stands in the first line, so compare the key or the last hash with a copy kept elsewhere",
    "that whoever holds the run's signing key did not write a different log",
    "that effects outside the boundary did not happen: what does not pass through agentk is not recorded",
    "what the values were: the log holds commitments to them, not the values themselves",
    "that the clocks were right",
  ];
}

function endingGap({ ending, hasKey, signedLines }: ProofFacts): readonly string[] {
  if (ending === "sealed") return [];
  if (!hasKey) return ["that the lines are those the run wrote: the line with its key could not be read"];
  const which = signedLines === 0 ? "the lines" : `the lines after the first ${String(signedLines)}`;
  const unsigned = `that ${which} are those the run wrote: no signature covers them, so whoever could write the file could change any of them and make the chain anew`;
  if (ending === "recovered")
    return ["that no line was cut before the recovery, or the whole end of a closed run", unsigned];
  return ["that no line was cut from the end", unsigned];
}

function prunedGap({ pruned }: ProofFacts): readonly string[] {
  if (pruned === 0) return [];
  return [
    `what the ${String(pruned)} pruned lines held: only that they were signed; calls among them may have been denied, or may have happened without an outcome`,
    "who pruned the log: it takes no key",
  ];
}

function unansweredGap(count: number): readonly string[] {
  if (count === 0) return [];
  return [`that the calls without an outcome (${String(count)}) did not happen: they may have`];
}
