/** The flags that name a remote server in place of a command. */
import type { Command } from "commander";
import type { UpstreamOptions } from "../app/http-upstream.js";

export interface UpstreamFlags {
  readonly upstream?: string;
  readonly upstreamTokenFile?: string;
  readonly caFile?: string;
  readonly allowPrivateUpstream?: true;
}

export function addUpstreamFlags(command: Command): Command {
  return command
    .option("--upstream <url>", "a remote server (Streamable HTTP) in place of a command")
    .option("--upstream-token-file <file>", "a bearer token for the remote server, in a file of mode 0600")
    .option("--ca-file <file>", "trust these certificate authorities too (PEM)")
    .option("--allow-private-upstream", "the remote server's name may have a private address");
}

/** Undefined when a command is to be run. */
export function upstreamOf(flags: UpstreamFlags): UpstreamOptions | undefined {
  const { upstream, upstreamTokenFile, caFile, allowPrivateUpstream } = flags;
  if (upstream === undefined) return undefined;
  return { url: upstream, tokenFile: upstreamTokenFile, caFile, allowPrivate: allowPrivateUpstream === true };
}
