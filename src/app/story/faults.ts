/** What of a played story is not as it has to be. An attack that did not work without agentk proves nothing about agentk. */
import type { HarmSeen, RunSeen, Scenario, Trial } from "../../abi/story.js";

/** In sentences; none when every client was stopped, alike, from what really happens without agentk. */
export function faultsOf(scenario: Scenario, trials: readonly Trial[]): readonly string[] {
  const own = trials.flatMap((trial) =>
    trialFaults(scenario, trial).map((fault) => `${fault} (${trial.client} client)`),
  );
  return [...own, ...unlike(trials)];
}

function trialFaults(scenario: Scenario, { client, bare, guarded, log }: Trial): readonly string[] {
  const harmless = bare.harms.filter(({ happened }) => !happened);
  const harmed = guarded.harms.filter(({ happened }) => happened);
  const unseen = guarded.harms.filter(({ couldLook }) => !couldLook);
  return [
    ...harmless.map((harm) => `without agentk it did not happen, so nothing is shown: ${told(harm)}`),
    ...harmed.map((harm) => `with agentk it happened: ${told(harm)}`),
    ...unseen.map((harm) => `with agentk it could not be looked for: ${told(harm)}`),
    ...stepFaults(scenario, guarded),
    ...reached(guarded),
    ...(log.claims > 0 === (client !== "silent") ? [] : ["the log does not hold what the client claimed, as claimed"]),
    ...(guarded.exit === "0" ? [] : [`agentk ended with ${guarded.exit}`]),
    ...(log.isVerified ? [] : ["the log does not verify"]),
    ...(log.isReplayed ? [] : ["the log does not replay to the same bytes"]),
  ];
}

function told({ says, found }: HarmSeen): string {
  return `${says} (${found})`;
}

/** Blocking everything is no protection: what the scenario says passes has to pass. */
function stepFaults({ steps }: Scenario, guarded: RunSeen): readonly string[] {
  return steps.flatMap(({ expect, does }, index) => {
    const fate = guarded.steps[index]?.fate ?? "not played";
    return fate === expect ? [] : [`with agentk \`${does}\` ${words(fate)}; in the story it ${words(expect)}`];
  });
}

function words(fate: string): string {
  return fate === "not-tried" ? "was not tried" : `${fate === "unanswered" ? "went" : "was"} ${fate}`;
}

/** agentk's word that it blocked a call is checked with the server: it cannot have seen more calls than were let through. */
function reached({ steps, serverSaw }: RunSeen): readonly string[] {
  const blocked = new Set(steps.filter(({ fate }) => fate === "blocked").map(({ call }) => call));
  return [...blocked].flatMap((call) => {
    const through = steps.filter((step) => step.call === call && !["blocked", "not-tried"].includes(step.fate)).length;
    const seen = serverSaw.filter((name) => name === call).length;
    return seen > through ? [`the server saw a call of \`${call}\` that was reported as blocked`] : [];
  });
}

/** What a client says of itself must change no decision. */
function unlike([first, ...others]: readonly Trial[]): readonly string[] {
  return others.flatMap(({ client, log }) =>
    log.judged === first?.log.judged
      ? []
      : [`the ${client} client was not judged as the ${first?.client ?? ""} one was`],
  );
}
