/** A file that is ours alone: a regular one that is not empty, no link, without any access for others. */
import type { FileFacts } from "../abi/secret-store.js";
import { err, ok } from "../base/result.js";
import type { SecretBackend, SecretState } from "./backend.js";

/** Absolute, and without steps that a reader would have to resolve. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/;

export const file: SecretBackend = {
  name: "file",
  isLocal: true,
  read: (path) => {
    if (!PATH.test(path)) return err("`reference` must be an absolute path without `.` and `..`");
    return ok({ shape: "path", look: (world) => Promise.resolve(stateOf(world.fileFacts(path))) });
  },
};

function stateOf(facts: FileFacts | undefined): SecretState {
  if (facts === undefined) return "missing";
  // A link may lead elsewhere tomorrow; a pipe or a device has no content to be there.
  if (facts.kind !== "file" || facts.isOpen) return "unsafe";
  if (!facts.isReadable) return "denied";
  return facts.bytes > 0 ? "available" : "missing";
}
