/** A command that prints the secret. It is looked for; it is run only when the operator says so, for then it prints. */
import { err, ok } from "../base/result.js";
import type { SecretBackend, SecretState, SecretWorld } from "./backend.js";

/** Words with one space between; no shell reads them, so nothing is quoted. */
const WORDS = /^\S+(?: \S+)*$/;
/** What only a shell would understand. */
const SHELL = /["'`$|;<>*(){}\\]/;
/** An absolute path, or a name to look for in `PATH`. A path from the working folder could be anybody's. */
const COMMAND = /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$|^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

export const command: SecretBackend = {
  name: "command",
  isLocal: true,
  read: (line) => {
    if (!WORDS.test(line) || SHELL.test(line))
      return err("`reference` must be a command and its arguments, one space apart: no shell reads it");
    const [name = "", ...args] = line.split(" ");
    if (!COMMAND.test(name)) return err("the command of `reference` must be an absolute path or a plain name");
    return ok({ shape: name.startsWith("/") ? "path" : "name", look: (world) => look(world, name, args) });
  },
};

async function look(world: SecretWorld, name: string, args: readonly string[]): Promise<SecretState> {
  const path = world.findCommand(name);
  if (path === undefined) return "missing";
  if (world.runs === undefined) return "available";
  return (await world.runs(path, args)) ? "available" : "missing";
}
