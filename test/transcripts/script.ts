/**
 * Transcripts: a script of commands, then the files that it begins with. The commands are those of age's and Go's
 * `testscript`, and a few for programs that go on running.
 *
 *     exec PROGRAM ARG...      runs it; it must end with 0. `! exec`: it must end with something else
 *     exit N                   how the last one ended
 *     stdin FILE               what the next one reads
 *     stdout REGEX             the last one's output fits (`^` and `$` are a line's); `!` before: it does not
 *     stderr REGEX             the same of its errors
 *     cmp A B                  two files, or `stdout` or `stderr` and a file, are the same
 *     exists FILE...           `!` before: they are not there
 *     json POINTER [VALUE]     of the last output, which is one JSON document
 *     env NAME=VALUE           for what follows; `$NAME` stands for it, except in single quotes
 *     keep NAME REGEX          NAME is what the regex's group found in the last output
 *     use FILE...              copies files of shared/
 *     chmod MODE FILE
 *     start ID PROGRAM ARG...  runs it beside the script; its input stays open
 *     ready ID NAME REGEX      waits until its output fits; NAME is what the group found
 *     stop ID                  ends it with SIGTERM and waits: then it is the last one
 */

export interface Line {
  readonly number: number;
  readonly isNegated: boolean;
  readonly command: string;
  readonly words: readonly Word[];
}

export interface Word {
  readonly text: string;
  /** In single quotes: nothing in it is replaced. */
  readonly isQuoted: boolean;
}

export interface Script {
  readonly lines: readonly Line[];
  readonly files: ReadonlyMap<string, string>;
}

export function parseScript(source: string): Script {
  const [head = "", ...sections] = source.split(/^(?=-- \S+ --$)/m);
  const lines = head.split("\n").flatMap((text, i) => lineOf(text, i + 1));
  const files = sections.map((section) => {
    const end = section.indexOf("\n");
    return [section.slice(3, end - 3), section.slice(end + 1)] as const;
  });
  return { lines, files: new Map(files) };
}

function lineOf(text: string, number: number): readonly Line[] {
  const words = [...text.matchAll(/'((?:[^']|'')*)'|(\S+)/g)].map(([, quoted, plain]): Word =>
    quoted === undefined
      ? { text: plain ?? "", isQuoted: false }
      : { text: quoted.replaceAll("''", "'"), isQuoted: true },
  );
  if (words.length === 0 || words[0]?.text.startsWith("#") === true) return [];
  const isNegated = words[0]?.text === "!";
  const [command, ...rest] = isNegated ? words.slice(1) : words;
  return [{ number, isNegated, command: command?.text ?? "", words: rest }];
}
