/**
 * What an argument is for, by its name: what `agentk init` asks protection for. A guess for people to correct;
 * no decision of the kernel reads it.
 */
import { classifyTool } from "./act.js";
import { wordsOf } from "./verbs.js";
import { MAX_CLASSIFIED_NAME, splitName } from "./words.js";

export const ARGUMENT_ROLES = ["credential", "command", "amount", "path", "address", "destination", "text"] as const;
export type ArgumentRole = (typeof ARGUMENT_ROLES)[number];

export interface Argument {
  readonly name: string;
  readonly role: ArgumentRole;
}

/** A word of a name, in singular, to its role. */
const ROLES: ReadonlyMap<string, ArgumentRole> = new Map([
  ...roleOf("credential", "password passwd passphrase passcode secret credential token apikey otp pin cookie"),
  ...roleOf("command", "command cmd script code sql shell exec program argv executable expression javascript"),
  ...roleOf("amount", "amount price total sum quantity cost fee value limit"),
  ...roleOf("path", "path file filename filepath folder directory dir root cwd repo repository branch bucket key"),
  ...roleOf(
    "address",
    "email url uri link href host hostname domain ip endpoint webhook website iban bic phone mobile",
  ),
  ...roleOf(
    "destination",
    `to cc bcc recipient receiver destination target channel room chat user username member participant attendee
     invitee account payee beneficiary owner group team address contact customer permission role server database table
     from sender`,
  ),
  ...roleOf("text", "text body content message subject title description query note comment summary name reason label"),
]);

/** Behind these the word before says what it is: `channel_id`, `user_name`. */
const TAILS = new Set(wordsOf("id uuid number list array value s name"));
const IDS = new Set(["id", "uuid"]);

function roleOf(role: ArgumentRole, names: string): [string, ArgumentRole][] {
  return wordsOf(names).map((name) => [name, role]);
}

/**
 * Each argument with its role, in the order given. What a tool that does not read acts on (`id`, `event_ids`) is a
 * destination too. Attacker-controlled: all names; total and linear.
 */
export function argumentRoles(tool: string, schemaProperties: readonly string[]): readonly Argument[] {
  const isRead = classifyTool(tool).act === "read";
  return schemaProperties.map((name) => ({ name, role: roleOfName(name, isRead) }));
}

/** A name that is too long to read is protected like a destination. */
function roleOfName(name: string, isRead: boolean): ArgumentRole {
  if (name.length > MAX_CLASSIFIED_NAME) return "destination";
  const words = splitName(name).words.map(singular);
  const last = words.findLast((word) => !TAILS.has(word)) ?? "";
  const role = ROLES.get(last) ?? worstRole(words);
  const isObject = !isRead && IDS.has(words.at(-1) ?? "");
  return role === "text" && isObject ? "destination" : role;
}

/** The first role in the order of ARGUMENT_ROLES that any word has. */
function worstRole(words: readonly string[]): ArgumentRole {
  const found = new Set(words.map((word) => ROLES.get(word)));
  return ARGUMENT_ROLES.find((role) => found.has(role)) ?? "text";
}

function singular(word: string): string {
  return word.length > 2 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}
