/** The verbs that tool names are made of: what each does to the world, and how bad that is when it is wrong. */
import type { Act, Risk } from "../../abi/syscalls.js";

export interface Verb {
  readonly act: Act;
  readonly risk: Risk;
  readonly why: string;
  /** True when the word is as often a noun (`email`, `post`, `run`): then it is a verb only where a verb stands. */
  readonly mayBeNoun: boolean;
}

interface Row {
  readonly act: Act;
  readonly risk: Risk;
  readonly why: string;
  /** Verbs wherever they stand. */
  readonly verbs: string;
  readonly nounsToo?: string;
}

/** INVARIANT: no word stands twice; a test holds it. What is missing here is an unknown verb. */
const ROWS: readonly Row[] = [
  {
    act: "read",
    risk: "low",
    why: "reads",
    verbs: `get list search read find lookup describe inspect retrieve summarize summarise explain compare validate
      verify lint preview locate resolve analyze analyse calculate compute convert parse translate detect classify
      recall is has glob grep ls stat`,
    nounsToo: "view show check count query watch monitor diff status rank filter sort sum help ping whoami echo",
  },
  {
    act: "write",
    risk: "medium",
    why: "changes what is stored",
    verbs: `write create append edit insert modify rename replace upsert add set put save move copy remember assign
      unassign mkdir generate import rebase cancel reschedule enable disable toggle configure restore unarchive upgrade
      downgrade refactor apply attach detach rotate gzip unzip compress extract open load`,
    nounsToo: `update change draft schedule note mark tag label pin star branch fork close lock unlock zip format touch
      backup sync switch link resize complete react log track pull increment decrement commit merge store patch
      archive`,
  },
  {
    act: "write",
    risk: "high",
    why: "destroys",
    verbs: `delete remove erase destroy wipe purge truncate overwrite uninstall forget unlink rm rmdir kill terminate
      shutdown reboot deactivate force discard prune revert rollback flush unregister expunge shred drop clear reset`,
    nounsToo: "trash clean empty abort stop",
  },
  {
    act: "write",
    risk: "high",
    why: "changes who may do what",
    verbs: "revoke authorize authorise chmod chown impersonate elevate promote demote",
    nounsToo: "grant permit ban block allow deny approve",
  },
  {
    act: "send",
    risk: "medium",
    why: "carries data to others",
    verbs: `send submit publish reply notify broadcast upload push fetch crawl scrape navigate browse curl wget http
      https download subscribe unsubscribe emit transmit export dispatch sendmail reserve click fill hover visit
      announce escalate initiate make enroll join respond`,
    nounsToo: `post email mail message forward book request call comment tweet dm sms text chat ask report follow type
      press drag fax ship stream webhook signal present review mention process contact register print`,
  },
  { act: "send", risk: "high", why: "gives others access", verbs: "share unshare", nounsToo: "invite expose" },
  {
    act: "send",
    risk: "high",
    why: "moves money",
    verbs: "pay purchase buy withdraw remit donate refund checkout",
    nounsToo: "transfer order charge wire deposit trade sell swap tip stake payout mint bid",
  },
  {
    act: "execute",
    risk: "high",
    why: "runs code or commands",
    verbs: "execute exec eval evaluate spawn install deploy invoke sudo ssh popen provision npx bootstrap trigger",
    nounsToo: `run shell bash sh zsh cmd powershell terminal command start restart launch script python javascript repl
      sql docker kubectl compile build debug delegate handoff`,
  },
];

/** Every word of the table, as often as it stands there. */
export const VERB_ROWS: readonly (readonly [word: string, verb: Verb])[] = ROWS.flatMap(verbsOfRow);
export const VERBS: ReadonlyMap<string, Verb> = new Map(VERB_ROWS);

function verbsOfRow({ act, risk, why, verbs, nounsToo = "" }: Row): [string, Verb][] {
  const rowOf = (text: string, mayBeNoun: boolean): [string, Verb][] =>
    wordsOf(text).map((word) => [word, { act, risk, why, mayBeNoun }]);
  return [...rowOf(verbs, false), ...rowOf(nounsToo, true)];
}

/** After one of these a verb stands again: `get_or_create`. */
export const JOINS: ReadonlySet<string> = new Set(["and", "or", "then"]);

/** Names of systems that a verb follows: `git_diff`. Behind any other word `diff` may be what an unknown verb is about. */
export const SYSTEMS: ReadonlySet<string> = new Set(
  wordsOf("git github gitlab slack gmail notion jira db sqlite postgres mysql browser fs memory drive"),
);

/** Behind one of these words what is reached lies in a store of the server's own, so nothing is opened anew. */
export const REACHES: ReadonlySet<string> = new Set(["fetch", "open", "load"]);
export const STORED: ReadonlySet<string> = new Set(
  wordsOf(
    `file files folder document documents doc docs note notes email emails mail mails message messages record records
     row rows event events contact contacts node nodes entity entities memory memories thread threads`,
  ),
);

/** What stands behind a verb in names that are written without a break: `readfile`, `runcommand`. */
export const GLUED: ReadonlySet<string> = new Set(
  wordsOf(
    `file files dir directory folder mail email message messages money payment user users data command commands code
     script query sql url page webpage note record row table database repo password key secret account event text`,
  ),
);

export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
