/** What witnesses said of a log, and what a witness says of requests, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";

const MS_PER_SECOND = 1000;

/** What of a submission is told. */
export interface SubmissionFacts {
  readonly log: string;
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string };
  readonly results: readonly { readonly url: string; readonly outcome: string; readonly detail: string }[];
  readonly quorum: {
    readonly cosigned: readonly { readonly witness: { readonly name: string }; readonly time: number }[];
    readonly forged: readonly string[];
  };
  readonly required: number;
  readonly isMet: boolean;
  readonly out: string | undefined;
}

export function submissionJson(facts: SubmissionFacts): string {
  const { log, checkpoint, results, quorum, required, isMet, out } = facts;
  const cosigned = quorum.cosigned.map(({ witness, time }) => ({ name: witness.name, time }));
  const members = { ok: isMet, log, ...checkpoint, required, cosigned, forged: quorum.forged, results };
  return `${reportJson({ format: "agentk-witness-submit/1", ...members, out: out ?? null })}\n`;
}

export function submissionText(facts: SubmissionFacts): string {
  const { checkpoint, results, quorum, required, isMet, out } = facts;
  const lines = [
    `checkpoint of ${String(checkpoint.size)} lines, origin ${checkpoint.origin}, root ${checkpoint.root}`,
    ...results.map(({ url, outcome, detail }) => `${outcome.padEnd(11)} ${url} ${detail}`),
    ...quorum.cosigned.map(({ witness, time }) => `cosigned by ${witness.name} at ${isoTime(time * MS_PER_SECOND)}`),
    ...quorum.forged.map((name) => `a line under the name of ${name} does not hold`),
    `${isMet ? "enough" : "not enough"}: ${String(quorum.cosigned.length)} of ${String(required)} witnesses cosigned`,
    out === undefined ? "no note was written" : `the cosigned note is in ${out}`,
  ];
  return lines.map((line) => `${visible(line)}\n`).join("");
}

/** One decision of a witness, one line. */
export interface DecisionFacts {
  readonly verdict: string;
  readonly status: number;
  readonly origin?: string;
  readonly size?: number;
  readonly root?: string;
  readonly seen?: number;
  readonly isForked?: true;
  readonly code?: string;
  readonly detail?: string;
}

export function decisionJson({ isForked, ...facts }: DecisionFacts): string {
  return `${reportJson({ ...facts, ...(isForked === undefined ? {} : { forked: true }) }, 0)}\n`;
}

/** For people. Attacker-controlled: the origin and, through it, nothing else. */
export function decisionText(facts: DecisionFacts): string {
  const { verdict, status, origin, size, seen, isForked, code, detail } = facts;
  const words = [
    isForked === true ? "FORKED" : verdict,
    `(${String(status)})`,
    ...(code === undefined ? [] : [`${code}:`]),
    ...(origin === undefined ? [] : [origin]),
    ...(size === undefined ? [] : [`${String(size)} lines`]),
    ...(seen === undefined ? [] : [`after ${String(seen)}`]),
    ...(detail === undefined ? [] : [detail]),
  ];
  return `agentk witness: ${visible(words.join(" "))}\n`;
}
