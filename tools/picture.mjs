// A picture of what a program printed, colours and all: SVG from the text on stdin, up to the heading that `--until` names.
//   FORCE_COLOR=1 node examples/poisoned-document/story.js | node tools/picture.mjs --until 'What happened' > docs/blocked.svg
import { parseArgs } from "node:util";
import { text } from "node:stream/consumers";

const { until = "" } = parseArgs({ options: { until: { type: "string" } } }).values;
const COLUMN = 8.4;
const LINE = 20;
const MARGIN = 20;
const INK = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341" };

const printed = (await text(process.stdin)).split("\n");
const end = until === "" ? printed.length : printed.findIndex((line) => line.includes(until));
if (end < 0) throw new Error(`nothing printed has \`${until}\` in it`);
const lines = printed.slice(0, end).map(runsOf);
while (lines.at(0)?.length === 0) lines.shift();
while (lines.at(-1)?.length === 0) lines.pop();

const widest = Math.max(...lines.map((runs) => runs.reduce((sum, run) => sum + run.text.length, 0)));
const width = Math.ceil(widest * COLUMN + 2 * MARGIN);
const height = lines.length * LINE + 2 * MARGIN;
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `  role="img" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#c9d1d9">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...lines.map((runs, index) => lineText(runs, MARGIN + (index + 1) * LINE - 6)),
    `</svg>`,
    "",
  ].join("\n"),
);

/** A line as stretches of one look each: SGR sequences (ECMA-48 section 8.3.117) that chalk writes. */
function runsOf(line) {
  const runs = [];
  let look = {};
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    const code = /^\x1b\[(\d+)m$/.exec(part)?.[1];
    if (code === undefined) runs.push(...(part === "" ? [] : [{ text: part, ...look }]));
    else look = changed(look, code);
  }
  return runs;
}

function changed(look, code) {
  if (code === "1") return { ...look, bold: true };
  if (code === "2") return { ...look, dim: true };
  if (code === "22") return { ...look, bold: false, dim: false };
  return { ...look, ink: INK[code] };
}

function lineText(runs, y) {
  const spans = runs.map(({ text: words, ink, bold, dim }) => {
    const looks = [
      ...(ink === undefined ? [] : [`fill="${ink}"`]),
      ...(bold ? ['font-weight="bold"'] : []),
      ...(dim ? ['fill-opacity="0.65"'] : []),
    ];
    return `<tspan ${looks.join(" ")}>${escaped(words)}</tspan>`.replace("<tspan >", "<tspan>");
  });
  return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans.join("")}</text>`;
}

function escaped(words) {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
