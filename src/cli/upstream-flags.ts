/** The flags that name a remote server in place of a command. */
import type { Command } from "commander";
import { AgentkError } from "../base/errors.js";
import type { UpstreamOptions } from "../app/http/upstream.js";

export interface UpstreamFlags {
  readonly upstream?: string;
  readonly upstreamTokenFile?: string;
  readonly caFile?: string;
  readonly allowPrivateUpstream?: true;
}

/** What is said of a server that is started by a command. */
interface CommandFlags {
  readonly command?: string;
  readonly arg: readonly string[];
  readonly allowEnv: readonly string[];
}

export function addUpstreamFlags(command: Command): Command {
  return command
    .option("--upstream <url>", "a remote server (Streamable HTTP) in place of a command")
    .option("--upstream-token-file <file>", "a bearer token for the remote server, in a file of mode 0600")
    .option("--ca-file <file>", "trust these certificate authorities too (PEM)")
    .option("--allow-private-upstream", "the remote server's name may have a private address");
}

/**
 * Words about a server of one kind, where one of the other kind is named, would be without effect, and nobody told.
 * @throws AgentkError `usage`
 */
export function assertNoIdleFlags(flags: UpstreamFlags & CommandFlags): void {
  if (flags.upstream === undefined) {
    if (flags.upstreamTokenFile !== undefined) throw idle("--upstream-token-file", "a remote server");
    if (flags.caFile !== undefined) throw idle("--ca-file", "a remote server");
    if (flags.allowPrivateUpstream === true) throw idle("--allow-private-upstream", "a remote server");
  } else if (flags.allowEnv.length > 0) throw idle("--allow-env", "a server that agentk starts");
  if (flags.command === undefined && flags.arg.length > 0) throw idle("--arg", "the server of --command");
}

function idle(flag: string, about: string): AgentkError {
  return new AgentkError("usage", `\`${flag}\` is about ${about}, and none is named`, {
    hint: "leave it out, or name one",
  });
}

/** The remote server that the flags name. */
export function upstreamOf(url: string, flags: UpstreamFlags): UpstreamOptions {
  const { upstreamTokenFile, caFile, allowPrivateUpstream } = flags;
  return { url, tokenFile: upstreamTokenFile, caFile, allowPrivate: allowPrivateUpstream === true };
}
