/** The flags that name a remote server in place of a command. */
import type { Command } from "commander";
import type { UpstreamOptions } from "../app/http/upstream.js";

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

/** The remote server that the flags name. */
export function upstreamOf(url: string, flags: UpstreamFlags): UpstreamOptions {
  const { upstreamTokenFile, caFile, allowPrivateUpstream } = flags;
  return { url, tokenFile: upstreamTokenFile, caFile, allowPrivate: allowPrivateUpstream === true };
}
