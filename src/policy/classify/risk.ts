/** What a tool's objects add to its verb: money, credentials, people's rights, the network. */
import { RISKS, type Act, type Risk } from "../../abi/syscalls.js";
import { wordsOf } from "./verbs.js";

const MONEY = new Set(
  wordsOf(
    `money payment payments transaction transactions transfer transfers fund funds iban bank billing invoice salary
     wallet crypto loan trade order orders subscription purchase credit`,
  ),
);
const CREDENTIALS = new Set(
  wordsOf(
    `password passwords passwd passphrase passcode secret secrets credential credentials token tokens apikey otp mfa
     keychain env dotenv environment vault cookie cookies`,
  ),
);
const RIGHTS = new Set(
  wordsOf(
    `permission permissions role roles acl access user users member members collaborator collaborators participant
     participants attendee attendees admin admins owner policy policies sudoers visibility`,
  ),
);
const NETWORK = new Set(wordsOf("url urls uri http https webpage website site webpages websites internet web browser"));
const KEYS = new Set(["key", "keys"]);
const KEY_OWNERS = new Set(wordsOf("api private access secret ssh signing encryption gpg pgp"));
const WEB_READERS = new Set(wordsOf("get read search retrieve summarize summarise parse view show check ping"));

/** A reason to take a tool for more dangerous than its verb says. */
export interface Lift {
  readonly act?: Act;
  readonly risk: Risk;
  readonly why: string;
}

/** In the order of `RISKS`. */
export function higherRisk(left: Risk, right: Risk): Risk {
  return RISKS.indexOf(left) >= RISKS.indexOf(right) ? left : right;
}

/** Every lift that holds for a name's words, given the act of its verbs. */
export function liftsOf(words: readonly string[], act: Act): Lift[] {
  const lifts: Lift[] = [];
  if (words.some(isCredential)) lifts.push({ risk: "high", why: "touches credentials" });
  if (act === "read" && isWebRead(words)) lifts.push({ act: "send", risk: "medium", why: "reaches over the network" });
  if (act === "read") return lifts;
  if (words.some((word) => MONEY.has(word))) lifts.push({ risk: "high", why: "concerns money" });
  if (act === "write" && words.some((word) => RIGHTS.has(word)))
    lifts.push({ risk: "high", why: "changes who may do what" });
  return lifts;
}

function isCredential(word: string, index: number, words: readonly string[]): boolean {
  return CREDENTIALS.has(word) || (KEYS.has(word) && KEY_OWNERS.has(words[index - 1] ?? ""));
}

/** `get_webpage`, `read_url` and `web_search` ask a host outside; `list_websites` need not. */
function isWebRead(words: readonly string[]): boolean {
  return words.some((word) => NETWORK.has(word)) && words.some((word) => WEB_READERS.has(word));
}
