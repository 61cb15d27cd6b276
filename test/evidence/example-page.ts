/** The worked example of docs/formats/flight-log.md as text: the lines, and what is hashed and signed of them. */
import { createHash } from "node:crypto";
import { parse } from "./fixture.js";

const BEGIN = "```jsonl\n";
const END = "\n## Versions\n";

/** The page with these lines as its example. */
export function withExample(page: string, lines: readonly string[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("the page has no worked example");
  return `${page.slice(0, begin)}${exampleText(lines)}${page.slice(end)}`;
}

function exampleText(lines: readonly string[]): string {
  const [first = "", last = ""] = [lines[0], lines.at(-1)];
  const open = parse(first);
  const close = parse(last);
  if (open.type !== "open" || close.type !== "close") throw new Error("the run is not whole");
  const unsealed = last.replace(`"seal":"${close.value.seal ?? ""}",`, "");
  return `${BEGIN}${lines.join("\n")}
\`\`\`

The first line's digest is over these bytes, with \`\\n\` for a newline:

\`\`\`
${hashed(first).replaceAll("\n", "\\n")}
\`\`\`

and gives \`${sha256(hashed(first))}\`. The last line without its seal is

\`\`\`
${hashed(unsealed).replaceAll("\n", "\\n")}
\`\`\`

and hashes to \`${sha256(hashed(unsealed))}\`. So the statement under the seal is

\`\`\`
agentk/seal/1\\n${open.value.run}\\n${sha256(hashed(unsealed))}\\n
\`\`\`
`;
}

function hashed(line: string): string {
  return `agentk/flight-line/1\n{${line.slice(75)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
