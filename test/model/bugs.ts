/** Bugs that a kernel could have, seeded into the model: each must be found. */
import { isAlive, SOUND, type Parts } from "./machine.js";
import type { Scope } from "./explore.js";

export interface Bug {
  readonly name: string;
  /** The invariant that it breaks. */
  readonly breaks: string;
  readonly scope: Scope;
  readonly parts: Parts;
}

function seeded(name: string, breaks: string, parts: Partial<Parts>, scope: Scope = "flows"): Bug {
  return { name, breaks, scope, parts: { ...SOUND, ...parts } };
}

const I1 = "I1 endorsed arguments";
const I2 = "I2 durable before the effect";
const I3 = "I3 labels only grow";
const I4 = "I4 default deny";
const I5 = "I5 fail closed";
const I6 = "I6 silence";

export const BUGS: readonly Bug[] = [
  seeded("a join keeps the later integrity instead of the worse", I3, {
    join: (a, b) => ({ ...SOUND.join(a, b), integrity: b.integrity }),
  }),
  seeded("a join drops the operator's tag", I3, { join: (a, b) => ({ ...SOUND.join(a, b), pii: b.pii }) }),
  seeded("a page that is handed on taints nothing", I3, { isSeen: () => false }),
  seeded("a release of integrity lowers secrecy as well", I3, {
    released: (labels) => ({ ...labels, integrity: 0, secrecy: 0 }),
  }),
  seeded("a trusted tool's echo endorses what was sent to it", I1, {
    echoed: (labels) => ({ labels, isOrigin: true }),
  }),
  seeded("a value hidden in an encoding counts as found", I1, {
    found: (places, value, _form, session) => SOUND.found(places, value, "plain", session),
  }),
  seeded("any value is endorsed once any value is", I1, {
    found: (places, _value, form, session) =>
      SOUND.found(
        places.map((place) => ({ ...place, value: "ann" })),
        "ann",
        form,
        session,
      ),
  }),
  seeded("an untainted session's labels stand for a stranger's value", I1, {
    found: (places, value, form, session) => ({ ...SOUND.found(places, value, form, session), labels: session }),
  }),
  seeded("no rule is an allow", I4, {
    decide: (...asked) => {
      const decision = SOUND.decide(...asked);
      return decision.rule === "default-deny" ? { verdict: "allow", rule: "default-allow" } : decision;
    },
  }),
  seeded("what nothing performs is performed", I4, {
    decide: (policy, tool, labels, value) =>
      SOUND.decide(policy, tool === "remember" ? "get_page" : tool, labels, value),
  }),
  seeded("what a human refused is done", I4, { answered: () => "approving" }),
  seeded("what a human is to be asked about is allowed", I4, {
    decide: (...asked) => {
      const { verdict, rule } = SOUND.decide(...asked);
      return { verdict: verdict === "ask" ? "allow" : verdict, rule };
    },
  }),
  seeded("an effect before its receipt is on the disk", I2, { mayAct: ({ stage }) => stage === "signed" }, "shell"),
  seeded("an effect without a receipt", I2, { mayAct: ({ stage }) => stage === "intended" }, "shell"),
  seeded("a receipt used twice", I2, { mayAct: (_call, health) => isAlive({ health }) && isOn(_call.stage) }, "shell"),
  seeded("an effect after recording has failed", I5, { mayAct: ({ stage }) => stage === "ready" }, "shell"),
  seeded("a line counts as written that was not", I5, { isRecording: () => true }, "shell"),
  seeded("what is withheld is remembered all the same", I6, { isSeen: () => true }),
];

function isOn(stage: string): boolean {
  return stage === "ready" || stage === "acting";
}
