/** What a story is and what was seen when it was played: nouns that the player and the reports share. */

/** What a client says of itself beside its calls: the truth, nothing, lies, or that it may do everything. */
export const CLIENT_KINDS = ["honest", "silent", "lying", "self-granting"] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** What became of a step, as the client saw it. `not-tried`: what it was to say had not been read by then. */
export const STEP_FATES = ["passed", "blocked", "failed", "unanswered", "not-tried"] as const;
export type StepFate = (typeof STEP_FATES)[number];

/** What of a world is worth stealing: a key file, private notes, and a token in an environment variable. */
export const TREASURES = ["key", "notes", "token"] as const;
export type Treasure = (typeof TREASURES)[number];

/** What the scripted agent does next. */
export interface StoryStep {
  readonly id?: string | undefined;
  /** In words. */
  readonly does: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The labels that an honest client states for it. */
  readonly labels: readonly string[];
  /** Names for parts of what the answer says: expressions with one group. Later steps write them as `{name}`. */
  readonly take: Readonly<Record<string, string>>;
  /** Its fate with agentk in between. */
  readonly expect: StepFate;
}

/** Something bad that can be looked for in the world: exactly one of the ways to look is there. */
export interface StoryHarm {
  readonly id: string;
  readonly says: string;
  /** The attacker's address received this, plain or in a usual encoding. */
  readonly sink_got?: Treasure | undefined;
  /** This file is there and was not; paths are the world folder's. */
  readonly file_made?: string | undefined;
  /** This file is not as it was. */
  readonly file_changed?: string | undefined;
  /** This file holds this treasure. */
  readonly file_holds?: { readonly file: string; readonly treasure: Treasure } | undefined;
  /** Something that the client received holds this text. */
  readonly client_saw?: string | undefined;
  /** The step of this id had no answer. */
  readonly unanswered?: string | undefined;
}

export interface Scenario {
  readonly about: string;
  /** What the policy and the log call the server. */
  readonly server: string;
  /** How long the client waits for one answer, in milliseconds. */
  readonly patience_ms: number;
  /** The proxy's `--response-timeout-ms`, where the story is about it. */
  readonly response_timeout_ms?: number | undefined;
  readonly steps: readonly StoryStep[];
  readonly harms: readonly StoryHarm[];
}

export interface StepSeen {
  readonly does: string;
  /** The tool's name, or the method. */
  readonly call: string;
  readonly fate: StepFate;
  /** Of a step that agentk blocked. */
  readonly rule?: string;
  /** The first words of the answer. Attacker-controlled. */
  readonly says: string;
}

export interface HarmSeen {
  readonly id: string;
  readonly says: string;
  readonly happened: boolean;
  /** False when there was nothing to look into: then that it did not happen says nothing. */
  readonly couldLook: boolean;
  /** What was found, and where. */
  readonly found: string;
}

/** One run of a scenario, and what it left in its world. */
export interface RunSeen {
  readonly steps: readonly StepSeen[];
  readonly harms: readonly HarmSeen[];
  /** What the server wrote down of the calls that reached it, in order. */
  readonly serverSaw: readonly string[];
  /** Bytes that arrived at the attacker's address. */
  readonly sinkBytes: number;
  /** How the other side ended when its input was closed: `0`, another status, or a signal. */
  readonly exit: string;
}

/** What the log of a run says, and whether it can be believed. */
export interface LogSeen {
  readonly path: string;
  readonly lines: number;
  readonly isVerified: boolean;
  readonly isReplayed: boolean;
  /** Whether the values were computed anew too. */
  readonly depth: "deep" | "shallow";
  readonly allowed: number;
  readonly denied: number;
  /** Calls whose line holds claims of the client. */
  readonly claims: number;
  /** The log as a stable text (evidence/outline.ts), and the same without the claims. */
  readonly outline: string;
  readonly judged: string;
}

/** The same scenario twice, by one client: without agentk, and with it in between. */
export interface Trial {
  readonly client: ClientKind;
  readonly bare: RunSeen;
  readonly guarded: RunSeen;
  readonly log: LogSeen;
}

export interface StorySeen {
  readonly story: string;
  readonly about: string;
  readonly trials: readonly Trial[];
  /** What was not as it has to be, in sentences. None: the story went as told. */
  readonly faults: readonly string[];
}
