/** A witness's judgement: only growth, in the order of checks of c2sp.org/tlog-witness. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyName } from "../../src/evidence/note.js";
import { formatAddCheckpoint, parseAddCheckpoint } from "../../src/evidence/witness-request.js";
import { admit, type Admission, type LogKey, type TreeHead } from "../../src/evidence/witness-state.js";
import { parseState, writeState } from "../../src/evidence/witness-text.js";
import { EMPTY_TREE } from "../../src/evidence/merkle.js";
import { growth, noteAt, noteOf, ORIGIN, testLog, type TestLog } from "../app/checkpointed-log.js";
import { digests, RUN, RUN_KEY, testKey, verifySignature } from "./fixture.js";

const SIZES = [1, 2, 3, 4, 7, 8, 9, 16, 20] as const;
const LOG = testLog({ lines: 24, at: SIZES });
const FORK = testLog({ lines: 24, at: SIZES, fork: 6 });
const TRUSTED: readonly LogKey[] = [{ name: keyName(digests, RUN_KEY.publicHex), publicKey: RUN_KEY.publicHex }];

/** A witness in memory. */
class Memory {
  readonly state = new Map<string, TreeHead>();

  ask(body: string, trusted = TRUSTED): Admission {
    const admission = admit({ digests, verifySignature }, { state: this.state, trusted }, body);
    if (admission.verdict === "cosign") this.state.set(admission.origin, admission.head);
    return admission;
  }

  grow(log: TestLog, oldSize: number, size: number): string {
    const path = oldSize === 0 || oldSize >= size ? [] : growth(log, oldSize, size);
    return brief(this.ask(formatAddCheckpoint({ oldSize, path, note: noteAt(log, size) })));
  }
}

function brief(admission: Admission): string {
  if (admission.verdict === "refused") return admission.code;
  if (admission.verdict === "cosign") return `cosign ${String(admission.head.size)}`;
  return `${admission.isForked ? "forked" : "conflict"} ${String(admission.seen.size)}`;
}

describe("growth", () => {
  test("is cosigned from nothing on, in steps, and again at the same size", () => {
    const witness = new Memory();
    const steps = [0, ...SIZES].map((oldSize, i, sizes) => [oldSize, sizes[i + 1] ?? oldSize] as const);
    expect(steps.map(([from, to]) => witness.grow(LOG, from, to))).toEqual(
      steps.map(([, to]) => `cosign ${String(to)}`),
    );
  });

  test("is asked for from what was cosigned, whatever the sender says", () => {
    const witness = new Memory();
    expect(witness.grow(LOG, 4, 8)).toBe("conflict 0");
    expect(witness.grow(LOG, 0, 8)).toBe("cosign 8");
    expect(witness.grow(LOG, 4, 16)).toBe("conflict 8");
    expect(witness.grow(LOG, 0, 16)).toBe("conflict 8");
  });

  test("never goes back", () => {
    const witness = new Memory();
    witness.grow(LOG, 0, 16);
    expect(witness.grow(LOG, 0, 8)).toBe("conflict 16");
    expect(witness.grow(LOG, 8, 8)).toBe("conflict 16");
    expect(witness.grow(LOG, 16, 8)).toBe("old-size");
    expect(witness.state.get(ORIGIN)?.size).toBe(16);
  });

  test("of another history is refused, at the same size and at a larger one", () => {
    const witness = new Memory();
    witness.grow(LOG, 0, 8);
    expect(witness.grow(FORK, 8, 8)).toBe("forked 8");
    expect(witness.grow(FORK, 0, 8)).toBe("forked 8");
    expect(witness.grow(FORK, 8, 16)).toBe("inconsistent");
    expect(witness.grow(LOG, 8, 16)).toBe("cosign 16");
  });

  test("of the same history up to the fork does not hide the fork after it", () => {
    const witness = new Memory();
    expect([witness.grow(FORK, 0, 4), witness.grow(LOG, 4, 9), witness.grow(FORK, 9, 16)]).toEqual([
      "cosign 4",
      "cosign 9",
      "inconsistent",
    ]);
  });

  test("needs the proof itself: none, a cut one, one too many or a changed one do not do", () => {
    const path = growth(LOG, 7, 20);
    const [first = "", ...rest] = path;
    const wrong = [
      [],
      rest,
      path.slice(0, -1),
      [...path, first],
      [...rest, first],
      [first.replace(/^../, "ff"), ...rest],
    ];
    for (const each of wrong) {
      const witness = new Memory();
      witness.grow(LOG, 0, 7);
      const body = formatAddCheckpoint({ oldSize: 7, path: each, note: noteAt(LOG, 20) });
      expect(brief(witness.ask(body))).toBe("inconsistent");
    }
    // From nothing and from itself there is nothing to prove, and nothing may be sent.
    const extra = { path: [first], note: noteAt(LOG, 8) };
    expect(brief(new Memory().ask(formatAddCheckpoint({ oldSize: 0, ...extra })))).toBe("inconsistent");
    const same = new Memory();
    same.grow(LOG, 0, 8);
    expect(brief(same.ask(formatAddCheckpoint({ oldSize: 8, ...extra })))).toBe("inconsistent");
  });

  test("whatever is asked in whatever order, one chain of prefixes is cosigned", () => {
    const ask = fc.record({
      isFork: fc.boolean(),
      oldSize: fc.constantFrom(0, ...SIZES),
      size: fc.constantFrom(...SIZES),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 30 }), (asks) => {
        const witness = new Memory();
        let last = 0;
        const cosigned: TestLog[] = [];
        for (const { isFork, oldSize, size } of asks) {
          const log = isFork ? FORK : LOG;
          if (!witness.grow(log, oldSize, size).startsWith("cosign")) continue;
          expect(size).toBeGreaterThanOrEqual(last);
          last = size;
          // The histories part at line 6: beyond it only one of the two is ever cosigned.
          if (size > 6) cosigned.push(log);
        }
        expect(new Set(cosigned).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 150 },
    );
  });
});

describe("whose checkpoints", () => {
  const body = (note: string): string => formatAddCheckpoint({ oldSize: 0, path: [], note });
  const stranger = testKey(9);
  const logOf = (key: typeof stranger): string => noteAt(testLog({ lines: 5, at: [4], key }), 4);

  test("a key that nobody trusts has no origin here", () => {
    expect(brief(new Memory().ask(body(logOf(stranger))))).toBe("unknown-origin");
  });

  test("a trusted origin under a stranger's signature is not signed", () => {
    const theirs = logOf(stranger);
    const ours = noteAt(LOG, 4);
    const line = theirs.slice(theirs.indexOf("\n\n") + 2);
    const text = ours.slice(0, ours.indexOf("\n\n") + 2);
    expect(brief(new Memory().ask(body(text + line)))).toBe("not-signed");
    // The name and the key id of the trusted key are no signature by it.
    const altered = ours.replace("\n4\n", "\n5\n");
    expect(brief(new Memory().ask(body(altered)))).toBe("not-signed");
    // Signatures by unknown keys beside the right one change nothing.
    expect(brief(new Memory().ask(body(ours + line)))).toBe("cosign 4");
  });

  test("a key of agentk signs for its own runs and for nothing else under its name", () => {
    const run = (name: string): string => brief(new Memory().ask(body(noteOf(EMPTY_TREE, RUN_KEY, name))));
    expect(run(RUN)).toBe("cosign 0");
    expect(run("anything")).toBe("unknown-origin");
    expect(run(`${RUN}/more`)).toBe("unknown-origin");
  });

  test("a log with a name of its own is trusted under exactly that name", () => {
    const named = [{ name: "log.example/a", publicKey: RUN_KEY.publicHex }];
    expect(brief(new Memory().ask(body(noteAt(LOG, 4)), named))).toBe("unknown-origin");
    const exact = [{ name: ORIGIN, publicKey: RUN_KEY.publicHex }];
    expect(brief(new Memory().ask(body(noteAt(LOG, 4)), exact))).toBe("not-signed");
  });
});

describe("a body", () => {
  const good = formatAddCheckpoint({ oldSize: 7, path: growth(LOG, 7, 20), note: noteAt(LOG, 20) });

  test("is read back as it was written", () => {
    const read = parseAddCheckpoint(good);
    expect(read).toMatchObject({ ok: true, value: { oldSize: 7, path: growth(LOG, 7, 20), checkpoint: { size: 20 } } });
  });

  test.each([
    ["nothing", ""],
    ["no old size", good.replace(/^old 7\n/, "")],
    ["a leading zero", good.replace("old 7", "old 07")],
    ["a sign", good.replace("old 7", "old +7")],
    ["a size beyond 2^53", good.replace("old 7", "old 9007199254740993")],
    ["two spaces", good.replace("old 7", "old  7")],
    ["a carriage return", good.replace("old 7\n", "old 7\r\n")],
    ["a hash of 31 bytes", good.replace(/\n[^\n]+\n/, `\n${Buffer.alloc(31).toString("base64")}\n`)],
    ["a hash that is not base64", good.replace(/\n[^\n]+\n/, "\n!!!!\n")],
    ["64 lines of proof", good.replace("old 7\n", `old 7\n${`${"A".repeat(43)}=\n`.repeat(64)}`)],
    ["no note", good.slice(0, good.indexOf("\n\n") + 2)],
    ["a note without its last newline", good.slice(0, -1)],
    ["a note that is no checkpoint", good.replace("\n20\n", "\ntwenty\n")],
    ["a control character", good.replace("\n20\n", "\n20\u0000\n")],
  ])("with %s is malformed", (_, body) => {
    expect(brief(new Memory().ask(body))).toBe("malformed");
  });

  test("made of anything never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(good.length), (text, at) => {
        new Memory().ask(text);
        new Memory().ask(good.slice(0, at) + text + good.slice(at));
      }),
    );
  });
});

describe("the state as text", () => {
  const KEY = testKey(3).publicHex;
  const heads = new Map([
    [ORIGIN, { size: 8, root: "ab".repeat(32) }],
    ["log.example/with a space", { size: 0, root: "00".repeat(32) }],
  ]);
  const text = writeState(digests, KEY, heads);

  test("is read back", () => {
    expect(parseState(digests, KEY, text)).toEqual({ ok: true, value: heads });
    expect(parseState(digests, KEY, writeState(digests, KEY, new Map()))).toEqual({ ok: true, value: new Map() });
  });

  test("with any byte changed, cut or added is refused", () => {
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "0" ? "1" : "0";
      expect(parseState(digests, KEY, text.slice(0, at) + other + text.slice(at + 1)).ok).toBe(false);
      expect(parseState(digests, KEY, text.slice(0, at)).ok).toBe(false);
    }
    expect(parseState(digests, KEY, `${text}1`).ok).toBe(false);
    expect(parseState(digests, KEY, "").ok).toBe(false);
  });

  test("of another witness is refused", () => {
    expect(parseState(digests, testKey(4).publicHex, text)).toMatchObject({ ok: false });
  });
});
