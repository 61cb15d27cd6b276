/** Runs the HTTP front on this process: its signals, where it listens, and a word on stderr when it is over. */
import { resolve } from "node:path";
import { freshToken, readOrMakeToken } from "../../host/http-token.js";
import { openHttpProxy, type Ending, type HttpProxyOptions } from "./proxy.js";
import { readPolicy } from "../policy/file.js";
import { pinsOfRun } from "../run/pins.js";
import { leave, statusOf, summaryOf } from "../run/process.js";

export interface HttpCommand extends Omit<HttpProxyOptions, "policy" | "pins" | "token"> {
  /** Undefined: the shipped guard policy. */
  readonly policyFile: string | undefined;
  /** Undefined: `agentk.lock` in the working folder, where it has this server. */
  readonly lockFile: string | undefined;
  /** Undefined: a token is made for this run, and told. */
  readonly tokenFile: string | undefined;
}

/** Told once, when clients may come. */
export interface HttpReady {
  readonly url: string;
  /** Only one that was made for this run. INVARIANT: one that is in a file is not told. */
  readonly token?: string;
  readonly tokenFile?: string;
}

/**
 * Serves until a signal, and gives the exit status: 0, or 1 when recording failed, or where it listens could not be told.
 * @throws AgentkError when it cannot begin.
 */
export async function runHttpProxy(
  command: HttpCommand,
  told: { readonly say: (text: string) => void; readonly ready: (ready: HttpReady) => void },
): Promise<0 | 1> {
  const { policyFile, lockFile, tokenFile, ...options } = command;
  const pins = await pinsOfRun(options, lockFile);
  const policy = await readPolicy(policyFile === undefined ? undefined : resolve(options.cwd, policyFile));
  const path = tokenFile === undefined ? undefined : resolve(options.cwd, tokenFile);
  const held = path === undefined ? { token: freshToken(), isNew: true } : readOrMakeToken(path);
  if (path !== undefined && held.isNew) told.say(`agentk: a token for clients was made at ${path}\n`);
  const ending = untilEnding();
  const proxy = await openHttpProxy({ ...options, policy, pins, token: held.token });
  for (const key of proxy.newKeys) told.say(`agentk: a key for ${key.what} was made at ${key.path}\n`);
  process.on("SIGHUP", () => {
    void proxy.rekey().then(told.say);
  });
  told.ready({ url: proxy.url, ...(path === undefined ? { token: held.token } : { tokenFile: path }) });
  const reason = await ending;
  const end = await proxy.stop(reason);
  if (reason === "eof") told.say("agentk: stdout cannot be written: nobody would know where it listens\n");
  told.say(summaryOf(end));
  const status = reason === "eof" ? 1 : statusOf(end);
  leave(status);
  return status;
}

/** `eof`: whoever was to be told where it listens is gone. */
function untilEnding(): Promise<Ending> {
  return new Promise((settle) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        settle(signal === "SIGINT" ? "sigint" : "sigterm");
      });
    }
    process.stdout.on("error", () => {
      settle("eof");
    });
  });
}
