/**
 * tools/verify.py and our own verifier find the same: on every golden log, on everything done to one, on hostile bytes.
 * Python is written by the same people but shares no line, no JSON reader and no cryptography with the program.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_SHAPES, type FlightEvent } from "../../src/abi/event.js";
import { encodeLine } from "../../src/evidence/codec.js";
import { exampleRun } from "../evidence/example.js";
import {
  closeLog,
  bodyEvents,
  digests,
  fileOf,
  parse,
  rehash,
  restated,
  RUN_KEY,
  testKey,
} from "../evidence/fixture.js";
import { both, python, SCRIPT, withFile, type Verdict } from "./both.js";
import { everyLine, NEXT_KEY, Scribe } from "./scribe.js";

const GOLDEN = ["v1", "v1-run", "v2", "v2-run", "v2-deep", "v3-run", "v3-deep"].map(
  (name): [string, readonly string[]] => [name, vector(`flight-log-${name}.jsonl`)],
);
const SIGNED: [string, readonly string[]][] = [
  ["the page's example", exampleRun().lines],
  ["every type of line", everyLine().close()],
];
const LOGS = [...GOLDEN, ...SIGNED];
/** Those that are changed at every place: a log without receipts and heads, and one with every type of line. */
const TRIED = LOGS.filter(([name]) => ["v2-run", "every type of line"].includes(name));

function vector(name: string): readonly string[] {
  return readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8")
    .split("\n")
    .slice(0, -1);
}

/** A log, and what both are to find in it first, where the test knows. */
interface Case {
  readonly what: string;
  readonly log: Uint8Array;
  readonly first?: string;
}

function expectAgreement(cases: readonly Case[], pins: readonly string[] = []): readonly Verdict[] {
  const found = both(
    cases.map(({ log }) => log),
    pins,
  );
  for (const [at, { ours, theirs }] of found.entries()) {
    const { what = "", first = ours.findings[0] } = cases[at] ?? {};
    expect({ what, ...theirs }).toEqual({ what, ...ours });
    expect({ what, first: theirs.findings[0] }).toEqual({ what, first });
  }
  return found.map(({ theirs }) => theirs);
}

/** Logs that are to fail both. */
function expectBroken(cases: readonly Case[], pins: readonly string[] = []): void {
  for (const { ok } of expectAgreement(cases, pins)) expect(ok).toBe(false);
}

// Claim: E3
describe("what is whole", () => {
  test("verifies, and both count the same", () => {
    expect(new Set(LOGS.flatMap(([, lines]) => lines.map((line) => parse(line).type)))).toEqual(
      new Set(Object.keys(EVENT_SHAPES).filter((type) => type !== "recovery")),
    );
    const found = both(LOGS.map(([, lines]) => fileOf(lines)));
    for (const [at, { ours, theirs }] of found.entries()) {
      expect(theirs).toEqual(ours);
      expect(theirs).toMatchObject({ ok: true, ending: "sealed", lines: LOGS[at]?.[1].length, findings: [] });
    }
  });

  test("verifies under the keys that signed it, and under no others", () => {
    const pins = [RUN_KEY.publicHex, NEXT_KEY.publicHex];
    const own = SIGNED.map(([what, lines]) => ({ what, log: fileOf(lines) }));
    for (const { theirs } of both(
      own.map(({ log }) => log),
      pins,
    ))
      expect(theirs.ok).toBe(true);
    expectAgreement(own, [RUN_KEY.publicHex]);
    expectBroken(own, [testKey(9).publicHex]);
    const [, changed = new Uint8Array()] = own.map(({ log }) => log);
    expect(both([changed], [RUN_KEY.publicHex])[0]?.theirs.findings[0]).toMatch(/^signer-unknown@/);
  });

  test("a recovered log is ok without a pin, and not signed with one", () => {
    const torn = { type: "recovery", value: { torn_bytes: 17, torn_sha256: "a".repeat(64) } } as const;
    const lines = closeLog([...bodyEvents(), torn], "unsigned", { reason: "recovered" });
    expectAgreement([
      { what: "recovered", log: fileOf(lines), first: `closed-by-recovery@${String(lines.length)} (note)` },
    ]);
    expectBroken([{ what: "recovered", log: fileOf(lines) }], [RUN_KEY.publicHex]);
  });
});

describe.each(TRIED)("%s", (_name, lines) => {
  const places = lines.map((_, at) => at);

  test("cut, with a line deleted, repeated or moved, at every place", () => {
    expectBroken(
      places.flatMap((at) => [
        { what: `cut after ${String(at)}`, log: fileOf(lines.slice(0, at)) },
        { what: `cut within ${String(at)}`, log: fileOf(lines.slice(0, at + 1)).subarray(0, -20) },
        { what: `repeated ${String(at)}`, log: fileOf(lines.flatMap((line, i) => (i === at ? [line, line] : [line]))) },
        { what: `inserted at ${String(at)}`, log: fileOf([...lines.slice(0, at), "{}", ...lines.slice(at)]) },
        ...(at === 0 ? [] : [{ what: `swapped ${String(at)}`, log: fileOf(swapped(lines, at)) }]),
        { what: `deleted ${String(at)}`, log: fileOf(lines.filter((_, i) => i !== at)) },
      ]),
    );
  });

  test("cut under a pin, at every place: what no signature covers is a failure of its own", () => {
    const key = /"public_key":"(?<key>\w+)"/.exec(lines[0] ?? "")?.groups?.["key"] ?? "";
    const cases = places.map((at) => ({ what: `cut after ${String(at)}`, log: fileOf(lines.slice(0, at)) }));
    expectBroken(cases, [key, NEXT_KEY.publicHex]);
    expectBroken(cases, [testKey(9).publicHex]);
  });

  test("with a line deleted and the chain made anew, at every place", () => {
    expectBroken(
      places.map((at) => ({ what: `deleted ${String(at)}`, log: fileOf(rehash(lines.filter((_, i) => i !== at))) })),
    );
  });

  test("with any byte another", () => {
    const file = fileOf(lines);
    const edits = fc.sample(fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 })), {
      numRuns: 150,
      seed: 4,
    });
    expectBroken(
      edits.map(([at, bits]) => {
        const log = Buffer.from(file);
        log[at] = (log[at] ?? 0) ^ bits;
        return { what: `byte ${String(at)} ^ ${String(bits)}`, log };
      }),
    );
  });
});

// Claim: E3
describe("one flipped bit", () => {
  /** What hangs on such a line fails with it: signatures on keys, a call on its human's yes, the end on the close line. */
  const PILLARS: readonly string[] = ["open", "approval", "key", "close"];

  test.each(SIGNED)("in any line but those that others hang on is one finding: %s", (_name, lines) => {
    const places = lines.flatMap((line, at) =>
      [12, Math.floor(line.length / 2), line.length - 4].map((byte) => [at, byte]),
    );
    const flips = places.map(([at = 0, byte = 0]) => {
      const log = lines.map((line) => Buffer.from(`${line}\n`));
      const hit = log[at];
      if (hit !== undefined) hit[byte] = (hit[byte] ?? 0) ^ 1;
      return { what: `byte ${String(byte)} of line ${String(at + 1)}`, log: Buffer.concat(log) };
    });
    const verdicts = expectAgreement(flips);
    for (const [index, { findingCount }] of verdicts.entries()) {
      const { type } = parse(lines[places[index]?.[0] ?? 0] ?? "");
      if (!PILLARS.includes(type))
        expect({ ...flips[index], log: type, findingCount }).toMatchObject({ findingCount: 1 });
    }
  });
});

function swapped(lines: readonly string[], at: number): string[] {
  return lines.map((line, i) => (i === at ? lines[at - 1] : i === at - 1 ? lines[at] : line) ?? line);
}

/** A log in which something is not as it should be, by whoever has the key; all else in it is right. */
function written(what: string, write: (scribe: Scribe) => void): Case {
  const scribe = everyLine();
  write(scribe);
  return { what, log: fileOf(scribe.close()) };
}

// Claim: E2
describe("what is forged", () => {
  const own = { agent: "agent://other" };

  test("by editing and making the chain anew, without the key", () => {
    const [, lines = []] = SIGNED[1] ?? [];
    const edits: [RegExp, string][] = [
      [/"target":"files\/read_file"/, '"target":"files/read_fila"'],
      [/agent:\/\/desk/g, "agent://dusk"],
      [/"verdict":"deny"/, '"verdict":"allow"'],
      [/"wall_ms":1700000000007/, '"wall_ms":1700000000008'],
      [/"commitment":"\w{6}/, '"commitment":"000000'],
      [new RegExp(NEXT_KEY.publicHex), testKey(9).publicHex],
      [/agentk-flight\/4/, "agentk-flight/2"],
      [/"lines":\d+/, '"lines":9'],
      [/"allowed":\d+/, '"allowed":9'],
      [/"host":"mail/, '"host":"evil'],
      [/"nonce":"0/, '"nonce":"1'],
      [/cap_./, "cap_0"],
      [/"expires_ms":\d+/, '"expires_ms":1'],
    ];
    expectBroken(
      edits.map(([from, to]) => {
        const edited = lines.map((line) => line.replace(from, to));
        expect(edited).not.toEqual(lines);
        return { what: String(from), log: fileOf(rehash(edited)) };
      }),
    );
  });

  test("by leaving out every line of one type and making the chain anew", () => {
    const types = Object.keys(EVENT_SHAPES);
    const [, lines = []] = SIGNED[1] ?? [];
    const cases = types.map((type) => ({
      what: `without ${type}`,
      log: fileOf(rehash(lines.filter((line) => parse(line).type !== type))),
    }));
    expectBroken(cases.filter(({ what }) => what !== "without recovery"));
  });

  test("receipts by whoever has the key", () => {
    const grant = (options: Parameters<Scribe["grant"]>[1]) => (scribe: Scribe) => {
      scribe.grant([scribe.call("allow", own)], options);
    };
    const slips: [string, Parameters<Scribe["grant"]>[1]][] = [
      ["another id", { slip: { id: `cap_${"0".repeat(16)}` } }],
      ["expired by lines", { slip: { expires_seq: 1 } }],
      ["expired by the clock", { slip: { expires_ms: 1 } }],
      ["another session", { slip: { session: "s2" } }],
      ["another call", { slip: { call: "c1" } }],
      ["a handle for no secret", { slip: { handle: `secret_fd_${"0".repeat(16)}` } }],
      ["another root", { line: { root: "0".repeat(64) } }],
      ["no receipt at all", { line: { receipts: [] } }],
      ["another signature", { line: { signature: "0".repeat(128) } }],
    ];
    expectBroken([
      ...slips.map(([what, options]) => written(what, grant(options))),
      written("for a denied call", (scribe) => {
        scribe.grant([scribe.call("deny")]);
      }),
      written("twice for one call", (scribe) => {
        const call = scribe.call("allow");
        scribe.grant([call]);
        scribe.grant([call]);
      }),
      written("of which one is left out, and the call goes on", (scribe) => {
        scribe.answer(scribe.call("allow"));
      }),
      written("before the human has answered", (scribe) => {
        scribe.grant([scribe.call("ask")]);
      }),
    ]);
  });

  test("heads and changes of key", () => {
    const stranger = testKey(9);
    const head = (note: (scribe: Scribe) => string) => (scribe: Scribe) => {
      scribe.checkpoint(note(scribe));
    };
    const two = (scribe: Scribe): string => scribe.note() + (scribe.note(stranger).split("\n\n")[1] ?? "");
    const forged: [string, (scribe: Scribe) => void][] = [
      ["another key", head((scribe) => scribe.note(stranger))],
      ["another run", head((scribe) => scribe.note(undefined, { run: "20261121T035413Z-0123456789ac" }))],
      ["another size", head((scribe) => scribe.note(undefined, { size: 3 }))],
      ["of other lines", head((scribe) => scribe.note(undefined, { root: "0".repeat(64) }))],
      ["two signatures", head(two)],
      ["one signature twice", head((scribe) => scribe.note() + (scribe.note().split("\n\n")[1] ?? ""))],
      ["no signature", head((scribe) => `${scribe.note().split("\n\n")[0] ?? ""}\n\n`)],
      ["an extension line", head((scribe) => scribe.note().replace("\n\n", "\nmore\n\n"))],
      ["an empty note", head(() => "")],
      ["a carriage return", head((scribe) => scribe.note().replace("\n\n", "\r\n\n"))],
      ["a size with a zero before it", head((scribe) => scribe.note().replace(/\n(?=\d)/, "\n0"))],
      ["a size beyond 2^53", head((scribe) => scribe.note().replace(/\n\d+\n/, "\n9999999999999999\n"))],
      ["base64 with bits to spare", head((scribe) => scribe.note().replace(/.=\n\n/, "B=\n\n"))],
      ["a signature of three bytes", head((scribe) => scribe.note().replace(/ \S+\n$/, " AAAA\n"))],
      ["a name with a byte order mark", head((scribe) => scribe.note().replace("— ", "— \ufeff"))],
      ["a name with a next-line character", head((scribe) => scribe.note().replace("— ", "— \u0085"))],
      [
        "a key that has not signed itself",
        (scribe) => {
          scribe.rekey(stranger, scribe.key, scribe.key);
        },
      ],
      [
        "a key that the one before has not signed",
        (scribe) => {
          scribe.rekey(stranger, stranger);
        },
      ],
      [
        "a change back",
        (scribe) => {
          scribe.rekey(RUN_KEY);
          scribe.checkpoint(scribe.note(NEXT_KEY));
        },
      ],
    ];
    expectBroken(forged.map(([what, write]) => written(what, write)));
  });
});

describe("members of the wrong kind, the chain made anew", () => {
  const WRONG: readonly unknown[] = [null, true, -1, 0.5, 2 ** 53, "", "x", [], [[]], {}, { x: 1 }];

  /** A copy without the member at the path, or with another in its place. */
  const changed = (value: unknown, [name = "", ...path]: readonly string[], to: unknown): unknown => {
    const members = Object.entries(value as Record<string, unknown>).flatMap(([key, member]) => {
      if (key !== name) return [[key, member] as const];
      if (path.length > 0) return [[key, changed(member, path, to)] as const];
      return to === undefined ? [] : [[key, to] as const];
    });
    if (Array.isArray(value)) return members.map(([, member]) => member);
    return Object.fromEntries<unknown>(members);
  };
  const pathsIn = (value: unknown): string[][] =>
    typeof value !== "object" || value === null
      ? []
      : Object.entries(value).flatMap(([name, member]) => [[name], ...pathsIn(member).map((path) => [name, ...path])]);

  test.each(TRIED)("pass neither, wherever they stand: %s", (_name, lines) => {
    const places = lines.flatMap((line, at) => {
      const { time, value } = parse(line);
      return pathsIn({ time, value }).flatMap((path) =>
        [...(path.length > 1 ? [undefined] : []), ...WRONG].map((to) => ({ at, path, to })),
      );
    });
    const tried = fc.sample(fc.constantFrom(...places), { numRuns: 60, seed: 4 });
    const cases = tried.flatMap(({ at, path, to }) => {
      const line = JSON.stringify(changed(parse(lines[at] ?? ""), path, to));
      if (line === lines[at]) return [];
      const { value, ...rest } = parse(line);
      const place = { seq: rest.seq, prev: rest.prev, time: rest.time };
      const alone = encodeLine(digests, { type: rest.type, value } as FlightEvent, place).text;
      const what = `${String(at)} ${path.join("/")} ${JSON.stringify(to)}`;
      return [
        { what, log: fileOf(rehash(lines.with(at, line))) },
        { what: `${what}, alone`, log: fileOf(lines.with(at, alone)) },
      ];
    });
    const found = both(cases.map(({ log }) => log));
    for (const [i, { ours, theirs }] of found.entries())
      expect({ ...cases[i], log: "", ours: ours.ok, theirs: theirs.ok }).toMatchObject({ ours: false, theirs: false });
  });
});

test("what is called wrongly has not failed a check", () => {
  for (const words of [[], ["--nosuch", "run.jsonl"], ["--key", "zz", "run.jsonl"], ["none.jsonl"]])
    expect(python([SCRIPT, ...words])).toMatchObject({ status: 1, stdout: "" });
});

describe("a member that verify.py does not read", () => {
  const odd = { type: "session", value: { session: "s1", fact: "danced", more: 1 } } as unknown as FlightEvent;
  const pins = [RUN_KEY.publicHex, NEXT_KEY.publicHex];

  test("passes it, and not agentk, when who has the key signs it", () => {
    const scribe = everyLine();
    scribe.write(odd);
    const [found] = both([fileOf(scribe.close())], pins);
    expect(found?.ours.findings[0]).toMatch(/^line-shape@/);
    expect(found?.theirs).toMatchObject({ ok: true, ending: "sealed", findings: [] });
  });

  test("never passes under a pin when nobody who has it signs", () => {
    const stranger = new Scribe(testKey(9));
    stranger.write(odd);
    const recovered = closeLog([...bodyEvents(), odd], "unsigned", { reason: "recovered" });
    for (const [log, code] of [
      [stranger.close(), "signer-unknown"],
      [recovered, "not-signed"],
    ] as const) {
      const [found] = both([fileOf(log)], pins);
      expect(found?.ours.ok).toBe(false);
      expect(found?.theirs.ok).toBe(false);
      expect(found?.theirs.findings.some((one) => one.startsWith(`${code}@`))).toBe(true);
    }
  });
});

describe("hostile bytes", () => {
  const [good = "", ...rest] = SIGNED[1]?.[1] ?? [];
  const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);
  const lines: [string, string | Uint8Array, string][] = [
    ["nothing", "", "line-not-json"],
    ["NaN", good.replace('"seq":0', '"seq":NaN'), "line-not-json"],
    ["-Infinity", good.replace('"seq":0', '"seq":-Infinity'), "line-not-json"],
    ["a control character", good.replace('"agentk":"', '"agentk":"\t'), "line-not-json"],
    ["a byte order mark", `\ufeff${good}`, "line-not-json"],
    ["more after it", `${good}{}`, "line-not-json"],
    ["a list", "[]", "line-shape"],
    ["null", "null", "line-shape"],
    ["a hash of capitals", good.replace(/"hash":"\w+/, (hash) => hash.toUpperCase()), "line-shape"],
    ["a space before its hash", good.replace(":", ": "), "line-shape"],
    ["a hundred thousand lists", deep("[", "]", 100_000), "line-shape"],
    ["a hundred thousand objects", `${'{"a":'.repeat(100_000)}0${"}".repeat(100_000)}`, "line-shape"],
    ["a long line", `"${"a".repeat(1_048_575)}"`, "line-too-long"],
    ["the longest line", `"${"a".repeat(1_048_574)}"`, "line-shape"],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "not-utf8"],
    ["a surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "not-utf8"],
    ["a long form in UTF-8", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), "not-utf8"],
  ];
  /** What both refuse even when its hash was made anew. Without that it is a line that was changed. */
  const remade: [string, string, string][] = [
    ["a huge integer", good.replace('"seq":0', `"seq":${"9".repeat(900_000)}`), "line-not-canonical"],
    ["a huge fraction", good.replace('"seq":0', `"seq":0.${"1".repeat(900_000)}`), "line-not-canonical"],
    ["a huge exponent", good.replace('"seq":0', '"seq":1e999999999'), "line-not-canonical"],
    ["2^53", good.replace('"seq":0', '"seq":9007199254740992'), "line-shape"],
    ["2^53 + 1", good.replace('"seq":0', '"seq":9007199254740993'), "line-not-canonical"],
    ["a number below none", good.replace('"seq":0', '"seq":-1'), "line-shape"],
    ["a whole fraction", good.replace('"seq":0', '"seq":0.0'), "line-not-canonical"],
    ["minus zero", good.replace('"seq":0', '"seq":-0'), "line-not-canonical"],
    ["true for a number", good.replace('"seq":0', '"seq":true'), "line-shape"],
    ["true for a time", good.replace(/"mono_us":\d+/, '"mono_us":true'), "line-shape"],
    ["text for a number", good.replace('"seq":0', '"seq":"0"'), "line-shape"],
    ["a member twice", good.replace('"seq":0', '"seq":0,"seq":0'), "line-not-canonical"],
    ["a member twice within", good.replace('"agent":', '"agent":"x","agent":'), "line-not-canonical"],
    ["a second hash", good.replace('"seq":0', `"hash":"${"0".repeat(64)}","seq":0`), "line-not-canonical"],
    ["an unknown member", good.replace('"seq":0', '"seal":1,"seq":0'), "line-shape"],
    ["members in another order", good.replace(/("seq":0),("time":\{[^}]*\})/, "$2,$1"), "line-not-canonical"],
    ["an escape that need not be", good.replace("agent://", "agent:\\/\\/"), "line-not-canonical"],
    ["half a surrogate pair", good.replace('"agentk":"', '"agentk":"\\ud800'), "line-not-canonical"],
    ["half a pair in a name", good.replace('"agent":"', '"agent":"\\ud800'), "line-not-canonical"],
    ["a space", good.replace(',"seq"', ', "seq"'), "line-not-canonical"],
    ["a carriage return", `${good}\r`, "line-not-canonical"],
    [
      "lists in the value",
      good.replace('"server":"files"', `"server":${deep("[", "]", 100_000)}`),
      "line-not-canonical",
    ],
    ["a type of Object", good.replace('"type":"open"', '"type":"toString"'), "line-shape"],
    ["no value", good.replace(/"value":.*$/, '"value":null}'), "line-shape"],
    ["another version", good.replace("agentk-flight/4", "agentk-flight/5"), "line-shape"],
    ["a run that writes on terminals", good.replace(/"run":"./, '"run":"\\u001b'), "line-shape"],
    ["a newline in a digest", good.replace(/"public_key":"\w/, '"public_key":"\\n'), "line-shape"],
  ];

  test("are a finding, and the same one", () => {
    const nl = Buffer.from("\n");
    expectBroken(
      lines.map(([what, line, code]) => ({
        what,
        log: Buffer.concat([Buffer.from(line as string), nl, fileOf(rest)]),
        first: `${code}@1`,
      })),
    );
  });

  test("in a line whose hash was not made anew are a line that was changed; made anew, they are refused all the same", () => {
    for (const [, line] of remade) expect(line).not.toBe(good);
    expectBroken(
      remade.flatMap(([what, line, code]) => [
        { what, log: fileOf([line, ...rest]), first: "hash-mismatch@1" },
        { what: `${what}, made anew`, log: fileOf([restated(line), ...rest]), first: `${code}@1` },
      ]),
    );
  });

  test("at the end of a file are a torn line", () => {
    const tails = ["{", "a".repeat(1_048_576), "a".repeat(1_048_577), "a".repeat(3_000_000)];
    expectBroken(tails.map((tail) => ({ what: `${String(tail.length)} bytes`, log: Buffer.from(tail) })));
    const log = fileOf([good, ...rest]);
    expectBroken(tails.map((tail) => ({ what: tail.slice(0, 9), log: Buffer.concat([log, Buffer.from(tail)]) })));
  });

  test("call and page names of any length", () => {
    const scribe = everyLine();
    const call = `c${"9".repeat(5000)}`;
    scribe.write({ type: "outcome", value: { call, session: "s1", status: "ok", page: `p${"9".repeat(400)}` } });
    expectBroken([{ what: "long names", log: fileOf(scribe.close()) }]);
  });
});

describe("the command", () => {
  const [, lines = []] = SIGNED[1] ?? [];

  test("says what it found, and exits as agentk does", () => {
    expect(python([SCRIPT, "/nowhere/log.jsonl"])).toMatchObject({ status: 1, stdout: "" });
    const read = withFile(fileOf(lines), (path) => python([SCRIPT, "--json", path]));
    expect(read.status).toBe(0);
    expect(JSON.parse(read.stdout)).toMatchObject({ ok: true, ending: "sealed", format: "agentk-flight/4" });
    const broken = withFile(fileOf(lines.slice(0, -1)), (path) => python([SCRIPT, path]));
    expect(broken).toMatchObject({ status: 2, stderr: "" });
    expect(broken.stdout).toContain(`line ${String(lines.length - 1)}: unsealed (failure)`);
  });

  test.each([
    "",
    "ab",
    "0".repeat(64),
    `01${"0".repeat(62)}`,
    "f".repeat(64),
    "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d",
  ])("takes no key %j", (key) => {
    const { status, stdout, stderr } = python([SCRIPT, "--key", key, "/dev/stdin"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("--key");
  });
});
