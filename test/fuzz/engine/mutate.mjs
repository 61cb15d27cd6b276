// Changes to an input: of bits, bytes, lines and pieces, of words from a dictionary, of members and leaves where it is JSON.

/** Random numbers from a seed (mulberry32): the same seed, the same run. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { below: (n) => next() % Math.max(1, n), pick: (list) => list[next() % list.length] };
}

const SOUP = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ",",
  ":",
  "\\",
  "\n",
  "\r\n",
  "\t",
  "\0",
  "-0",
  "1e999",
  "9007199254740993",
  "__proto__",
  "\\u0000",
  "\\ud800",
  "\u{1f600}",
  "\u2028",
  "\ufeff",
  "=",
  "#",
  "'''",
  '"""',
  "null",
  "true",
  "=?base64?",
  "\x7f",
  "\u202e",
  "/../",
  "%2e",
  "*",
  "**",
].map((text) => Buffer.from(text));

const BYTES = {
  flip: (bytes, random) =>
    replaced(bytes, random.below(bytes.length), 1, (old) => Buffer.of((old[0] ?? 0) ^ (1 << random.below(8)))),
  set: (bytes, random) => replaced(bytes, random.below(bytes.length), 1, () => Buffer.of(random.below(256))),
  ascii: (bytes, random) => replaced(bytes, random.below(bytes.length), 1, () => Buffer.of(32 + random.below(95))),
  insert: (bytes, random) => replaced(bytes, random.below(bytes.length + 1), 0, () => Buffer.of(random.below(256))),
  remove: (bytes, random) =>
    replaced(bytes, random.below(bytes.length), 1 + random.below(random.pick([4, 16, 64])), () => Buffer.alloc(0)),
  cut: (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  repeat: (bytes, random) => {
    const at = random.below(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random.below(random.pick([4, 32, 128])));
    return replaced(bytes, at, 0, () =>
      Buffer.concat(Array.from({ length: 1 + random.below(random.pick([2, 8, 40])) }, () => piece)),
    );
  },
  move: (bytes, random) => {
    const at = random.below(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random.below(32));
    return replaced(bytes, random.below(bytes.length), random.pick([0, piece.length]), () => piece);
  },
  digit: (bytes, random) => {
    const at = bytes.findIndex((byte, i) => i >= random.below(bytes.length) && byte > 47 && byte < 58);
    return at < 0
      ? bytes
      : replaced(bytes, at, 1, () =>
          Buffer.from(random.pick(["0", "9", "-1", "00", "1e3", String(random.below(1000))])),
        );
  },
  soup: (bytes, random) =>
    replaced(bytes, random.below(bytes.length + 1), random.pick([0, 0, 1, 4]), () => random.pick(SOUP)),
  case: (bytes, random) => replaced(bytes, random.below(bytes.length), 1, (old) => Buffer.of((old[0] ?? 0) ^ 0x20)),
};
const BYTE_KINDS = Object.keys(BYTES);

function replaced(bytes, at, length, made) {
  return Buffer.concat([bytes.subarray(0, at), made(bytes.subarray(at, at + length)), bytes.subarray(at + length)]);
}

/** Lines left out, doubled, put elsewhere. */
function lines(bytes, random) {
  const all = bytes.toString("latin1").split("\n");
  const [from, to] = [random.below(all.length), random.below(all.length)];
  if (random.below(3) === 0) all.splice(from, 1 + random.below(3));
  else if (random.below(2) === 0) all.splice(to, 0, all[from]);
  else [all[from], all[to]] = [all[to], all[from]];
  return Buffer.from(all.join("\n"), "latin1");
}

const LEAVES = [
  "",
  "x",
  0,
  -1,
  1,
  2 ** 53,
  1.5,
  1e21,
  null,
  true,
  [],
  {},
  [[]],
  "\u0000",
  "0".repeat(64),
  "secret://a/b",
];

/** One place of a JSON text changed: another value, one member more or less, two places swapped, or one under another name. */
function json(bytes, random, words) {
  let value;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return lines(bytes, random);
  }
  const places = [];
  (function visit(node, holder, key) {
    places.push([holder, key, node]);
    if (node !== null && typeof node === "object") for (const each of Object.keys(node)) visit(node[each], node, each);
  })({ top: value }, undefined, "");
  const top = places[0][2];
  const [holder, key, node] = places[1 + random.below(places.length - 1)] ?? [top, "top", value];
  const [, , other] = random.pick(places.slice(1));
  const act = random.below(6);
  if (act === 0) Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key];
  else if (act === 1) holder[key] = random.pick(LEAVES);
  else if (act === 2) holder[key] = structuredClone(other);
  else if (act === 3 && node !== null && typeof node === "object" && !Array.isArray(node))
    node[String(random.pick(words))] = random.pick(LEAVES);
  else if (act === 4)
    holder[key] = typeof node === "string" ? String(random.pick(words)) : structuredClone([node, node]);
  else if (!Array.isArray(holder)) ((holder[String(random.pick(words))] = node), delete holder[key]);
  return Buffer.from(JSON.stringify(top.top) ?? "null");
}

/** A new input from an old one, a few changes away from it. `words` are texts that the code itself speaks of. */
export function mutated(bytes, { random, words, others, maxBytes }) {
  let made = bytes;
  for (let left = 1 + random.below(random.pick([1, 2, 4, 8])); left > 0; left--) {
    const kind = random.below(20);
    if (kind < 3 && words.length > 0) {
      const word = Buffer.from(random.pick(words));
      made = replaced(made, random.below(made.length + 1), random.pick([0, word.length, 1]), () => word);
    } else if (kind < 4) made = spliced(made, random.pick(others), random);
    else if (kind < 8) made = json(made, random, words.length > 0 ? words : ["x"]);
    else if (kind < 9) made = lines(made, random);
    else made = made.length === 0 ? Buffer.of(random.below(256)) : BYTES[random.pick(BYTE_KINDS)](made, random);
  }
  return made.subarray(0, maxBytes);
}

function spliced(bytes, other, random) {
  const at = random.below(other.length);
  const piece = other.subarray(at, at + 1 + random.below(other.length - at));
  return replaced(bytes, random.below(bytes.length + 1), random.below(piece.length + 1), () => piece);
}
