/** A session that is played once for many checks. A step that goes wrong fails the checks that ask for it, and no other. */
import { existsSync, readFileSync } from "node:fs";
import type { AuditWorld } from "../world.js";
import { AuditSession, type Reply, type SessionSetup } from "./session.js";

/** A line of the log, as far as the checks look at it. */
export interface LoggedLine {
  readonly seq: number;
  readonly type: string;
  readonly value: Readonly<Record<string, unknown>> & {
    readonly kind?: string;
    readonly target?: string;
    readonly call?: string;
    readonly status?: string;
    readonly from?: string;
    readonly decision?: { readonly verdict: string; readonly rule: string };
  };
}

export class Scenario {
  readonly session: AuditSession;
  /** The exit status of agentk when the client had gone. */
  code: number | null = null;
  private readonly steps = new Map<string, Reply | Error>();

  constructor(session: AuditSession) {
    this.session = session;
  }

  /** Plays a step and keeps what came of it. */
  async step(name: string, doing: () => Promise<Reply>): Promise<void> {
    try {
      this.steps.set(name, await doing());
    } catch (error) {
      this.steps.set(name, error instanceof Error ? error : new Error("an unknown fault"));
    }
  }

  /** @throws Error when the step was not played, or had no answer */
  reply(name: string): Reply {
    const found = this.steps.get(name);
    if (found === undefined) throw new Error(`the step \`${name}\` was not played`);
    if (found instanceof Error) throw found;
    return found;
  }

  get logText(): string {
    if (!existsSync(this.session.log)) throw new Error("there is no log of the run");
    return readFileSync(this.session.log, "utf8");
  }

  get lines(): readonly LoggedLine[] {
    return this.logText
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LoggedLine);
  }

  /** The messages of a method that reached the server. */
  seen(method: string): readonly SeenMessage[] {
    const messages = this.session.seen.map((line) => JSON.parse(line) as SeenMessage);
    return messages.filter((message) => message.method === method);
  }

  /** The tools that the server was asked to run, in order. */
  get toolsRun(): readonly string[] {
    return this.seen("tools/call").map(({ params }) => String(params?.["name"]));
  }
}

export interface SeenMessage {
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface Script extends SessionSetup {
  readonly play: (scenario: Scenario) => Promise<void>;
}

/** Plays it the first time that it is asked for. */
export function play(world: AuditWorld, name: string, { play: script, ...setup }: Script): Promise<Scenario> {
  return world.once(`scenario ${name}`, async () => {
    const session = new AuditSession(world, name, { flags: ["--server-id", "audit"], ...setup });
    const scenario = new Scenario(session);
    try {
      await script(scenario);
      scenario.code = await session.close();
    } finally {
      session.kill();
    }
    return scenario;
  });
}
