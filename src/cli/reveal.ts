/** `agentk reveal`: shows one committed value of a flight log so that others can check it, and nothing else. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { AgentkError } from "../base/errors.js";
import { lookFor, type Io } from "./io.js";

interface RevealOptions {
  readonly verify?: string;
  readonly publicKey?: string;
  readonly out?: string;
  readonly unsigned?: true;
  readonly json?: true;
}

interface Named {
  readonly log: string;
  readonly seq: string;
  readonly pointer: string;
}

export function registerReveal(program: Command, io: Io): void {
  program
    .command("reveal")
    .summary("show one committed value of a flight log, with proof")
    .description("Opens one value that a log commits to, for somebody who has only a key; or checks such an opening.")
    .argument("[log]", "the flight log, its payload journal beside it")
    .argument("[seq]", "the line: a sequence number, or the id of a call or page")
    .argument("[pointer]", "the value: a JSON pointer into the line's `value`")
    .option("--out <file>", "write the opening here; it must not exist")
    .option("--verify <file>", "check an opening instead; reads nothing else")
    .option("--public-key <hex>", "with --verify: the operator's key, known from elsewhere")
    .option("--unsigned", "accept a line that no checkpoint covers")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      [
        "",
        "Exit status: 0 done, 1 it cannot be opened, 2 a check failed or no checkpoint covers the line.",
        "",
        "Examples:",
        "  agentk reveal run.jsonl c12 /arguments/amount --out amount.json",
        "  agentk reveal --verify amount.json --public-key 3b6a…",
      ].join("\n"),
    )
    .action((log: string | undefined, seq: string | undefined, pointer: string | undefined, options: RevealOptions) =>
      options.verify === undefined
        ? make(namedBy(log, seq, pointer, options), options, io)
        : verify(onlyFile(options.verify, log, options), options, io),
    );
}

function namedBy(
  log: string | undefined,
  seq: string | undefined,
  pointer: string | undefined,
  options: RevealOptions,
): Named {
  if (options.publicKey !== undefined)
    throw new AgentkError("usage", "--public-key goes with --verify", { hint: "a log's own lines name its key" });
  if (log === undefined || seq === undefined || pointer === undefined)
    throw new AgentkError("usage", "a log, a line and a pointer are needed", {
      hint: "as in `agentk reveal run.jsonl 12 /arguments/amount`, or `agentk reveal --verify FILE`",
    });
  return { log, seq, pointer };
}

function onlyFile(file: string, log: string | undefined, { out }: RevealOptions): string {
  if (log === undefined && out === undefined) return file;
  throw new AgentkError("usage", "--verify takes one file and nothing else", {
    hint: "as in `agentk reveal --verify amount.json`",
  });
}

async function make({ log, seq, pointer }: Named, options: RevealOptions, io: Io): Promise<void> {
  const [{ withBrokenLog }, { progressLine }, { revealValue }, { parseLineRef }, { reportJson }] = await Promise.all([
    import("./broken-log.js"),
    import("./flight-log.js"),
    import("../app/log/reveal.js"),
    import("../app/log/prefix.js"),
    import("../report/json.js"),
  ]);
  const progress = progressLine(io);
  await withBrokenLog(io, options.json === true, async () => {
    const request = { file: resolve(io.cwd, log), at: parseLineRef(seq), pointer, env: io.env };
    const reading = progress === undefined ? {} : { onProgress: progress.update };
    const reveal = await Promise.resolve()
      .then(() => revealValue({ ...request, ...reading }))
      .finally(progress?.clear);
    const isSigned = reveal.proof.head.checkpoint !== null;
    const isAccepted = isSigned || options.unsigned === true;
    if (!isAccepted) {
      io.stderr("agentk: no checkpoint covers this line: nobody has signed what this opens\n");
      io.stderr("  --unsigned makes the opening with status 0 all the same\n");
    }
    await hand(`${reportJson(reveal)}\n`, isSigned, options, io);
    io.exit(isAccepted ? 0 : 2);
  });
}

async function hand(text: string, signed: boolean, options: RevealOptions, io: Io): Promise<void> {
  if (options.out === undefined) {
    io.stdout(text);
    return;
  }
  const [{ writeBundle }, { visible }] = await Promise.all([
    import("../app/log/proof.js"),
    import("../evidence/visible.js"),
  ]);
  writeBundle(resolve(io.cwd, options.out), text);
  const said = { written: options.out, signed };
  io.stdout(options.json === true ? `${JSON.stringify(said, null, 2)}\n` : `wrote ${visible(options.out)}\n`);
}

async function verify(file: string, options: RevealOptions, io: Io): Promise<void> {
  const [{ verifyReveal }, { revealReportJson, revealReportText }, { MAX_REVEAL_CHARS }, texts] = await Promise.all([
    import("../app/log/reveal.js"),
    import("../report/reveal-report.js"),
    import("../evidence/reveal.js"),
    import("../app/text-file.js"),
  ]);
  const source = texts.readTextFile(resolve(io.cwd, file), MAX_REVEAL_CHARS);
  const trust = { publicKey: options.publicKey, mayBeUnsigned: options.unsigned === true };
  const report = verifyReveal(file, source, trust);
  io.stdout(options.json === true ? revealReportJson(file, report) : revealReportText(file, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
}
