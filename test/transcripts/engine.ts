/** Runs a transcript in a folder of its own. Whatever does not come out as written is an error that names the line. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { unescapeSegment } from "../../src/base/pointer.js";
import type { Line, Script } from "./script.js";

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly output: Output;
  readonly ended: Promise<Ended>;
}

interface Output {
  stdout: string;
  stderr: string;
  /** Called at every piece of output, and at the end. */
  onMore: () => void;
}

/** What no command may ever show: a stack. */
const STACK = /^\s+at .*(?:\.js|node:internal)/m;
const SHARED = join(import.meta.dirname, "shared");

/** One run of a script. */
export class Engine {
  private readonly folder: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly running = new Map<string, Running>();
  private last: Ended = { status: 0, stdout: "", stderr: "" };
  private stdin: string | undefined;

  constructor(folder: string, path: string) {
    this.folder = folder;
    // Nothing of the machine's own settings gets in.
    this.env = { PATH: path, HOME: folder, WORK: folder };
  }

  async run({ lines, files }: Script): Promise<void> {
    for (const [name, text] of files) {
      mkdirSync(dirname(this.at(name)), { recursive: true });
      writeFileSync(this.at(name), text);
    }
    try {
      for (const line of lines) await this.step(line);
    } finally {
      for (const { child } of this.running.values()) child.kill("SIGKILL");
    }
  }

  private async step(line: Line): Promise<void> {
    const words = line.words.map(({ text, isQuoted }) => (isQuoted ? text : this.expanded(text)));
    try {
      const act = this.acts[line.command];
      if (act === undefined) throw new Error("no such command of transcripts");
      const isTrue = await act(words);
      if (isTrue === line.isNegated) throw new Error("it is not so");
    } catch (error) {
      const { status, stdout, stderr } = this.last;
      const said = error instanceof Error ? error.message : String(error);
      const text = `${line.isNegated ? "! " : ""}${line.command} ${words.join(" ")}`;
      throw new Error(
        `line ${String(line.number)}: ${text}\n${said}\nstatus ${String(status)}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`,
        { cause: error },
      );
    }
  }

  /** Each says whether what its line claims is so. */
  private readonly acts: Readonly<Record<string, (words: readonly string[]) => boolean | Promise<boolean>>> = {
    exec: async (words) => {
      this.last = await this.spawn(words).ended;
      if (STACK.test(this.last.stderr)) throw new Error("it shows a stack");
      return this.last.status === 0;
    },
    exit: ([status = ""]) => this.last.status === Number(status),
    stdin: ([file = ""]) => {
      this.stdin = this.at(file);
      return true;
    },
    stdout: ([regex = ""]) => new RegExp(regex, "m").test(this.last.stdout),
    stderr: ([regex = ""]) => new RegExp(regex, "m").test(this.last.stderr),
    cmp: ([a = "", b = ""]) => this.text(a) === this.text(b),
    exists: (files) => files.every((file) => existsSync(this.at(file))),
    json: ([pointer = "", ...expected]) => {
      const value = valueAt(JSON.parse(this.last.stdout) as unknown, pointer);
      if (expected.length === 0) return value !== undefined;
      return (typeof value === "string" ? value : JSON.stringify(value)) === expected.join(" ");
    },
    env: ([setting = ""]) => {
      const [name = "", ...value] = setting.split("=");
      this.env[name] = value.join("=");
      return true;
    },
    keep: ([name = "", regex = ""]) => this.keep(name, new RegExp(regex, "m").exec(this.last.stdout)),
    use: (files) => {
      for (const file of files) copyFileSync(join(SHARED, file), this.at(basename(file)));
      return true;
    },
    chmod: ([mode = "", file = ""]) => {
      chmodSync(this.at(file), parseInt(mode, 8));
      return true;
    },
    start: ([id = "", ...words]) => {
      this.running.set(id, this.spawn(words, true));
      return true;
    },
    ready: ([id = "", name = "", regex = ""]) => this.ready(id, name, new RegExp(regex, "m")),
    stop: async ([id = ""]) => {
      const { child, ended } = this.named(id);
      child.kill("SIGTERM");
      this.last = await ended;
      this.running.delete(id);
      return true;
    },
  };

  private spawn([program = "", ...args]: readonly string[], staysOpen = false): Running {
    const { folder: cwd, env, stdin } = this;
    this.stdin = undefined;
    const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    const output: Output = { stdout: "", stderr: "", onMore: () => undefined };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        output.onMore();
      });
    // A program that does not read its input may be gone before it is written.
    child.stdin.on("error", () => undefined);
    if (stdin !== undefined) createReadStream(stdin).pipe(child.stdin, { end: !staysOpen });
    else if (!staysOpen) child.stdin.end();
    return { child, output, ended: ending(child, output) };
  }

  private async ready(id: string, name: string, regex: RegExp): Promise<boolean> {
    const { output, child } = this.named(id);
    const all = (): string => output.stdout + output.stderr;
    while (!regex.test(all())) {
      if (child.exitCode !== null) throw new Error(`it ended\n${all()}`);
      await new Promise<void>((resolve) => {
        output.onMore = resolve;
      });
    }
    return this.keep(name, regex.exec(all()));
  }

  private keep(name: string, found: RegExpExecArray | null): boolean {
    if (found === null) return false;
    this.env[name] = found[1] ?? found[0];
    return true;
  }

  private named(id: string): Running {
    const running = this.running.get(id);
    if (running === undefined) throw new Error(`nothing is called ${id}`);
    return running;
  }

  private expanded(text: string): string {
    return text.replace(/\$\{?([A-Z][A-Z0-9_]*)\}?/g, (_all, name: string) => {
      const value = this.env[name];
      if (value === undefined) throw new Error(`$${name} is not set`);
      return value;
    });
  }

  private text(name: string): string {
    if (name === "stdout" || name === "stderr") return this.last[name];
    return readFileSync(this.at(name), "utf8");
  }

  private at(file: string): string {
    return file.startsWith("/") ? file : join(this.folder, file);
  }
}

async function ending(child: ChildProcess, output: Output): Promise<Ended> {
  const [code] = (await once(child, "close")) as [number | null];
  output.onMore();
  return { status: code ?? -1, stdout: output.stdout, stderr: output.stderr };
}

/** RFC 6901; undefined when there is nothing. */
function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map(unescapeSegment)
    .reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), document);
}
