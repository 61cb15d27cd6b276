/** What a verified log is said to prove and what not, for every way in which one can end: sentence by sentence. */
import { describe, expect, test } from "vitest";
import { notProvedBy, provedBy, type ProofFacts } from "../../src/evidence/proof.js";

const SEALED: ProofFacts = {
  ok: true,
  ending: "sealed",
  lines: 8,
  pruned: 0,
  firstFailure: undefined,
  unanswered: 0,
  hasKey: true,
  signedLines: 8,
};
const proved = (more: Partial<ProofFacts>): readonly string[] => provedBy({ ...SEALED, ...more });
const notProved = (more: Partial<ProofFacts>): readonly string[] => notProvedBy({ ...SEALED, ...more });

const ACCOUNT = [
  "every decision names the policy in force, whose source is in the log",
  "every outcome belongs to an allowed call, and no call has two",
];
const KEPT_ACCOUNT = [
  "every kept decision names the policy in force, whose source is in the log",
  "every kept outcome belongs to an allowed call, or to one that was pruned",
];
const PRUNED = [
  "5 lines stood before the 7 that are kept, and the key that was then in force signed their head",
  "the lines of the first line's header, with the run, its policy and its keys, stood among them",
];

describe("a log proves", () => {
  test.each<readonly [string, Partial<ProofFacts>, readonly string[]]>([
    [
      "when it is sealed, every line of it",
      {},
      [
        "all 8 lines are there, in order: none was cut, added, moved or changed since the seal",
        "the seal was made with the key that the first line states",
        ...ACCOUNT,
      ],
    ],
    [
      "when it is open and signed in part, no more than the signatures reach",
      { ending: "unsealed", signedLines: 3 },
      [
        "the 8 lines that are there are well-formed and follow one another",
        "the first 3 of them are those that the key stated in the first line signed",
        ...ACCOUNT,
      ],
    ],
    [
      "when nothing of it is signed, its form alone",
      { ending: "recovered", signedLines: 0 },
      ["the 8 lines that are there are well-formed and follow one another", ...ACCOUNT],
    ],
    [
      "when it is pruned and sealed, that the rest is whole",
      { pruned: 5, signedLines: 12 },
      [
        ...PRUNED,
        "all 7 kept lines are there, in order: none was cut, added, moved or changed since the seal",
        "the seal was made with the key that the header states, or one that it changed to",
        ...KEPT_ACCOUNT,
      ],
    ],
    [
      "when it is pruned and open, how far the rest is signed",
      { ending: "unsealed", pruned: 5, signedLines: 9 },
      [
        ...PRUNED,
        "the 7 kept lines are well-formed and follow one another",
        "the first 4 of them are signed as well",
        ...KEPT_ACCOUNT,
      ],
    ],
    [
      "when it is pruned and nothing of the rest is signed, its form alone",
      { ending: "recovered", pruned: 5, signedLines: 5 },
      [...PRUNED, "the 7 kept lines are well-formed and follow one another", ...KEPT_ACCOUNT],
    ],
    [
      "when it fails, the form of what stands before the failure",
      { ok: false, firstFailure: 5 },
      ["lines 1 to 4 are well-formed and follow one another; no more than that"],
    ],
    [
      "when it fails in its second line, the form of the first",
      { ok: false, firstFailure: 2, pruned: 5 },
      ["lines 1 to 1 are well-formed and follow one another; no more than that"],
    ],
    ["when it fails in its first line, nothing", { ok: false, firstFailure: 1 }, []],
    ["when it fails as a whole, nothing", { ok: false }, []],
  ])("%s", (_when, facts, sentences) => {
    expect(proved(facts)).toEqual(sentences);
  });
});

const ALWAYS = [
  "that the log was not written anew under another key: the key stands in the first line, so compare the key or the last hash with a copy kept elsewhere",
  "that whoever holds the run's signing key did not write a different log",
  "that effects outside the boundary did not happen: what does not pass through agentk is not recorded",
  "what the values were: the log holds commitments to them, not the values themselves",
  "that the clocks were right",
];
const unsigned = (which: string): string =>
  `that ${which} are those the run wrote: no signature covers them, so whoever could write the file could change any of them and make the chain anew`;

describe("a log does not prove", () => {
  test.each<readonly [string, Partial<ProofFacts>, readonly string[]]>([
    ["when it is sealed and whole, what no log can", {}, []],
    [
      "when it is open and nothing is signed, that any line is the run's",
      { ending: "unsealed", signedLines: 0 },
      ["that no line was cut from the end", unsigned("the lines")],
    ],
    [
      "when it is open, that the lines past the last signature are the run's",
      { ending: "unsealed", signedLines: 3 },
      ["that no line was cut from the end", unsigned("the lines after the first 3")],
    ],
    [
      "when it was recovered, that nothing was cut before that",
      { ending: "recovered", signedLines: 3 },
      [
        "that no line was cut before the recovery, or the whole end of a closed run",
        unsigned("the lines after the first 3"),
      ],
    ],
    [
      "when its key could not be read, that anything in it is the run's",
      { ending: "unsealed", hasKey: false },
      ["that the lines are those the run wrote: the line with its key could not be read"],
    ],
    [
      "when it is pruned, what the lines that are gone held",
      { pruned: 5 },
      [
        "what the 5 pruned lines held: only that they were signed; calls among them may have been denied, or may have happened without an outcome",
        "who pruned the log: it takes no key",
      ],
    ],
    [
      "when it fails, anything about what the findings name",
      { ok: false, firstFailure: 3 },
      ["anything about the lines that the findings name, and what follows from them"],
    ],
    [
      "when calls have no outcome, that they did not happen",
      { unanswered: 2 },
      ["that the calls without an outcome (2) did not happen: they may have"],
    ],
  ])("%s", (_when, facts, sentences) => {
    expect(notProved(facts)).toEqual([...sentences, ...ALWAYS]);
  });
});
