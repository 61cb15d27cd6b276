// Texts for the bench: pages of prose from the packages that are installed, code, records, and what an attacker would send.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** The texts of all files below node_modules whose name fits, each once, in an order that does not hang on the disk. */
export function texts(name, limit = Infinity) {
  return byPackage(name, limit).map(({ text }) => text);
}

/** The same with the package or scope that each is of: texts of one scope have much in common. */
export function byPackage(name, limit = Infinity) {
  const found = new Map();
  const walk = (folder, owner) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.size >= limit) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, owner ?? entry.name);
      else if (name.test(entry.name)) {
        const text = readFileSync(path, "utf8");
        if (!found.has(text)) found.set(text, { text, owner });
      }
    }
  };
  walk(MODULES);
  return [...found.values()];
}

export const README = /^readme\.md$/i;
/** Prose of any sort that comes with a package. */
export const PROSE = /^(?:readme|changelog|history).*\.md$/i;

/** The same numbers in every run. */
export function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** So many characters of one of the texts, from a word's start. */
export function cut(random, from, length) {
  for (;;) {
    const text = from[random(from.length)];
    const at = random(Math.max(1, text.length - 2 * length));
    const words = text.slice(at, at + 2 * length).replace(/^\S*\s+/, "");
    if (words.length >= length) return words.slice(0, length).toWellFormed();
  }
}

/** Words that stand nowhere. */
export function invented(random, length) {
  const letter = () => "bcdfghjklmnpqrstvwxzaeiou"[random(25)];
  let text = "";
  while (text.length < length)
    text += `${Array.from({ length: 3 + random(7) }, letter).join("")}${random(9) === 0 ? "," : ""} `;
  return text.slice(0, length);
}

/** Pages of `bytes` in all; where the texts do not suffice, they come again with a third of their words changed. */
export function pagesOf(own, bytes) {
  const pages = [];
  for (let size = 0, round = 0; size < bytes; round++) {
    for (const text of own) {
      const page =
        round === 0 ? text : text.replaceAll(/\b\w{4,7}\b/g, (word, at) => (at % 3 === 0 ? word + round : word));
      pages.push(page.slice(0, bytes - size));
      size += pages.at(-1).length;
      if (size >= bytes) break;
    }
  }
  return pages;
}

function records(random, prose, size) {
  const rows = [];
  for (let length = 0; length < size - 100; length += JSON.stringify(rows.at(-1)).length)
    rows.push({
      id: `msg_${random(1e6)}`,
      from: `user${random(500)}@acme.example`,
      subject: cut(random, prose, 30),
      when: `2026-0${1 + random(9)}-1${random(9)}T10:0${random(9)}:00Z`,
      size: random(10_000),
      read: random(2) === 0,
    });
  return rows;
}

const result = (text) => ({ content: [{ type: "text", text }] });
const repeated = (text, size) => result(text.repeat(Math.ceil(size / text.length)).slice(0, size));
const bytes = (random, count) => Buffer.from(Array.from({ length: count }, () => random(256)));

/** Results of a tool by name, each of so many characters: `(random, size) => result`. */
export function shapes() {
  const prose = texts(README);
  const code = texts(/\.js$/, 400).filter((text) => text.length > 20_000);
  const all = { prose: prose.join("\n"), code: code.join("\n") };
  const piece = (text, random, size) => {
    const at = random(Math.max(1, text.length - size));
    return result(text.slice(at, at + size).toWellFormed());
  };
  return {
    words: (random, size) =>
      result(
        Array.from({ length: size / 8 }, () => `word${1000 + random(5000)}`)
          .join(" ")
          .slice(0, size),
      ),
    "README prose": (random, size) => piece(all.prose, random, size),
    code: (random, size) => piece(all.code, random, size),
    "records as JSON text": (random, size) => result(JSON.stringify(records(random, prose, size))),
    "records as JSON": (random, size) => ({ content: [], structuredContent: { rows: records(random, prose, size) } }),
    "hostile: random base64": (random, size) => result(bytes(random, size).toString("base64").slice(0, size)),
    "hostile: readable base64": (random, size) =>
      result(
        Buffer.from(JSON.stringify(piece(all.prose, random, size)))
          .toString("base64")
          .slice(0, size),
      ),
    "hostile: percent signs": (_, size) => repeated("%", size),
    "hostile: %41": (_, size) => repeated("%41", size),
    "hostile: hexadecimal": (random, size) => result(bytes(random, size).toString("hex").slice(0, size)),
    "hostile: zero-width": (_, size) => repeated("\u200b", size),
    "hostile: digits": (random, size) => result(Array.from({ length: size }, () => "0123456789 "[random(11)]).join("")),
    "hostile: addresses": (_, size) => repeated("a@b.c,", size),
    "hostile: quoted words": (_, size) => repeated('"AB12+def" ', size),
    "hostile: Chinese": (random, size) =>
      result(String.fromCharCode(...Array.from({ length: Math.min(size, 60_000) }, () => 0x4e00 + random(5000)))),
  };
}
