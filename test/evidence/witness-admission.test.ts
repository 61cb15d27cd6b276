/** A witness's judgement, request by request: only growth, in the order of checks of c2sp.org/tlog-witness. */
import { describe, expect, test } from "vitest";
import { formatAddCheckpoint } from "../../src/evidence/witness-request.js";
import { checkpointText } from "../../src/evidence/checkpoint.js";
import { EMPTY_TREE } from "../../src/evidence/merkle.js";
import { writeNote } from "../../src/evidence/note.js";
import { MAX_LOGS, type LogKey } from "../../src/evidence/witness-state.js";
import { growth, noteAt, noteOf, ORIGIN, testLog } from "../app/checkpointed-log.js";
import { digests, RUN, RUN_KEY, testKey, type TestKey } from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";
import { brief, FORK, LOG, Memory, SIZES, TRUSTED } from "./witnessed.js";

const rootAt = (size: number): string => naiveRoot(LOG.lines.slice(0, size).map(naiveLeaf));

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

  /** A checkpoint of four lines under any origin, with a signature line by each of these. */
  function noteUnder(origin: string, signers: readonly { name: string; key: TestKey }[]): string {
    const text = checkpointText({ origin, size: 4, root: rootAt(4) });
    const notes = signers.map(({ name, key }) =>
      writeNote(digests, text, { name, publicKey: key.publicHex, signature: key.sign(text) }),
    );
    return `${text}\n${notes.map((note) => note.slice(text.length + 1)).join("")}`;
  }

  const NAME = "log.example/a";
  const named: readonly LogKey[] = [{ name: NAME, publicKey: stranger.publicHex }];

  test("a log with a name of its own is cosigned under it, and no run below it is", () => {
    const ask = (origin: string): string =>
      brief(new Memory().ask(body(noteUnder(origin, [{ name: NAME, key: stranger }])), named));
    expect(ask(NAME)).toBe("cosign 4");
    expect(ask(`${NAME}/${RUN}`)).toBe("unknown-origin");
  });

  test("a run under another name of the same length is not the key's", () => {
    const origin = ORIGIN.replace("agentk/", "agentx/");
    const note = noteUnder(origin, [{ name: TRUSTED[0]?.name ?? "", key: RUN_KEY }]);
    expect(brief(new Memory().ask(body(note)))).toBe("unknown-origin");
  });

  test("of two keys that may sign for an origin one is enough", () => {
    const trusted = [{ name: ORIGIN, publicKey: stranger.publicHex }, ...TRUSTED];
    expect(brief(new Memory().ask(body(noteAt(LOG, 4)), trusted))).toBe("cosign 4");
  });

  test("a wrong signature by a known key spoils a right one by it", () => {
    const wrong = { name: NAME, key: { publicHex: stranger.publicHex, sign: RUN_KEY.sign } };
    const both = noteUnder(NAME, [{ name: NAME, key: stranger }, wrong]);
    expect(brief(new Memory().ask(body(both), named))).toBe("not-signed");
  });
});

describe("the answer", () => {
  const ask = (witness: Memory, oldSize: number, size: number, path: readonly string[] = []): unknown =>
    witness.ask(formatAddCheckpoint({ oldSize, path, note: noteAt(LOG, size) }));
  const refused = (code: string, detail: string): object => ({ verdict: "refused", code, detail });

  test("to growth is the head to keep and the text to sign, to the byte", () => {
    const note = noteAt(LOG, 8);
    expect(ask(new Memory(), 0, 8)).toStrictEqual({
      verdict: "cosign",
      origin: ORIGIN,
      head: { size: 8, root: rootAt(8) },
      text: note.slice(0, note.indexOf("\n\n") + 1),
    });
  });

  test("to a sender that is behind says what was cosigned, of a log never seen the empty tree", () => {
    const conflict = { verdict: "conflict", origin: ORIGIN, head: { size: 8, root: rootAt(8) }, isForked: false };
    const witness = new Memory();
    expect(ask(witness, 4, 8)).toStrictEqual({ ...conflict, seen: { size: 0, root: naiveRoot([]) } });
    witness.grow(LOG, 0, 4);
    expect(ask(witness, 3, 8)).toStrictEqual({ ...conflict, seen: { size: 4, root: rootAt(4) } });
  });

  test("to another tree of the size that was cosigned is that the log is forked", () => {
    const witness = new Memory();
    witness.grow(LOG, 0, 8);
    expect(witness.ask(formatAddCheckpoint({ oldSize: 8, path: [], note: noteAt(FORK, 8) }))).toStrictEqual({
      verdict: "conflict",
      origin: ORIGIN,
      head: { size: 8, root: naiveRoot(FORK.lines.slice(0, 8).map(naiveLeaf)) },
      seen: { size: 8, root: rootAt(8) },
      isForked: true,
    });
  });

  test("to a refusal names the reason, and the log once it is known whose it is", () => {
    const witness = new Memory();
    expect(witness.ask("old 0")).toStrictEqual(refused("malformed", "there is no empty line before the checkpoint"));
    const note = noteAt(LOG, 8);
    expect(witness.ask(formatAddCheckpoint({ oldSize: 0, path: [], note }), [])).toStrictEqual(
      refused("unknown-origin", "no trusted key may sign for this origin"),
    );
    const altered = note.replace("\n8\n", "\n9\n");
    expect(witness.ask(formatAddCheckpoint({ oldSize: 0, path: [], note: altered }))).toStrictEqual({
      ...refused("not-signed", "no trusted key has signed this checkpoint"),
      origin: ORIGIN,
    });
    expect(ask(witness, 9, 8)).toStrictEqual({
      ...refused("old-size", "the old size is larger than the checkpoint's"),
      origin: ORIGIN,
    });
    expect(ask(witness, 0, 8, [rootAt(4)])).toStrictEqual({
      ...refused("inconsistent", "the proof does not lead from what was cosigned to this checkpoint"),
      origin: ORIGIN,
    });
  });

  test("to a log that is new where no more can be held is that; those that are held grow on", () => {
    const witness = new Memory();
    const other = { size: 1, root: rootAt(1) };
    for (let i = 0; i < MAX_LOGS; i++) witness.state.set(`log.example/${String(i)}`, other);
    expect(ask(witness, 0, 8)).toStrictEqual({
      ...refused("full", "this witness holds as many logs as it can"),
      origin: ORIGIN,
    });
    witness.state.delete("log.example/0");
    expect([witness.grow(LOG, 0, 8), witness.grow(LOG, 8, 9)]).toEqual(["cosign 8", "cosign 9"]);
  });
});
