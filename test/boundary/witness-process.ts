/** `agentk witness` as a real process. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { RUN_KEY } from "../evidence/fixture.js";
import { AGENTK } from "./proxy-process.js";

export interface WitnessSetup {
  readonly folder: string;
  /** Tells the files of one witness from another's; its key is made of it too. */
  readonly id: number;
  readonly flags?: readonly string[];
}

export class WitnessProcess {
  readonly process: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly vkey: string;
  stderr = "";

  private constructor(process: ChildProcessWithoutNullStreams, ready: { url: string; vkey: string }) {
    this.process = process;
    this.url = ready.url;
    this.vkey = ready.vkey;
    process.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString("utf8")));
  }

  static state({ folder, id }: WitnessSetup): string {
    return join(folder, `w${String(id)}.state`);
  }

  /** The command line of a witness, its key file written. */
  static words(setup: WitnessSetup): readonly string[] {
    const key = join(setup.folder, `w${String(setup.id)}.key`);
    writeFileSync(key, `${Buffer.alloc(32, setup.id).toString("hex")}\n`, { mode: 0o600 });
    const flags = setup.flags ?? ["--init"];
    const own = [
      "--json",
      "--key",
      key,
      "--state",
      WitnessProcess.state(setup),
      "--name",
      `w.example/${String(setup.id)}`,
    ];
    return ["witness", ...own, "--trust", RUN_KEY.publicHex, ...flags];
  }

  static async start(setup: WitnessSetup): Promise<WitnessProcess> {
    const child = spawn(process.execPath, [AGENTK, ...WitnessProcess.words(setup)], { cwd: setup.folder });
    onTestFinished(() => void child.kill("SIGKILL"));
    let stderr = "";
    const early = (chunk: Buffer): void => void (stderr += chunk.toString("utf8"));
    child.stderr.on("data", early);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done === true) throw new Error(`the witness did not start: ${stderr}`);
    child.stderr.off("data", early);
    return new WitnessProcess(child, JSON.parse(value) as { url: string; vkey: string });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const closed = once(this.process, "close");
    this.process.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }

  async post(body: string): Promise<{ readonly status: number; readonly type: string; readonly body: string }> {
    const response = await fetch(`${this.url}/add-checkpoint`, { method: "POST", body });
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      body: await response.text(),
    };
  }
}
