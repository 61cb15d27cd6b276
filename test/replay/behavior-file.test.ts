/** A file of changed outputs: what it may say, and where its first fault stands and in which words. */
import { describe, expect, test } from "vitest";
import { parseBehavior } from "../../src/replay/behavior-file.js";

const HASH = "ab".repeat(32);
const REF = `response_sha256:${HASH}`;
const NO_HASH = "is no SHA-256 of 64 lower-case hex digits; raw output is never taken";
const NO_REF =
  "is not `response_sha256:` or `stub_output_sha256:` and 64 lower-case hex digits; raw output is never taken";
const NOTHING = "says nothing of the output: give a digest, `labels` or `signs`";
const TWICE = "names an output that an earlier entry names";

const STEP = { step: 2, syscall: "tool.invoke", target: "fs/read", output_ref: REF };

const parsed = (content: unknown): ReturnType<typeof parseBehavior> => parseBehavior(JSON.stringify(content));
const outputsOf = (...outputs: readonly object[]): object => ({ format: "agentk-behavior/1", outputs });
const refused = (path: string, problem: string): object => ({ ok: false, error: { path, problem } });

describe("a file of outputs", () => {
  const whole = {
    seq: 4,
    call: "c12",
    content_sha256: HASH,
    output_ref: `stub_output_sha256:${HASH}`,
    labels: ["poisoned-suspect", "own-tag"],
    signs: ["override"],
  };

  test("is read entry by entry, each with its place", () => {
    expect(parsed(outputsOf(whole, { seq: 5, output_ref: REF }))).toEqual({
      ok: true,
      value: [
        { at: "/outputs/0", by: "page", output: whole },
        { at: "/outputs/1", by: "page", output: { seq: 5, output_ref: REF } },
      ],
    });
    expect(parsed(outputsOf())).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["a digest", { content_sha256: HASH }],
    ["a reference", { output_ref: REF }],
    ["labels", { labels: [] }],
    ["signs", { signs: [] }],
  ])("%s alone says enough of an output", (_name, said) => {
    expect(parsed(outputsOf({ seq: 4, ...said })).ok).toBe(true);
  });

  test("an entry that names the call alone says nothing of the output", () => {
    expect(parsed(outputsOf({ seq: 4, call: "c2" }))).toEqual(refused("/outputs/0", NOTHING));
  });

  test.each([
    ["a number for labels", { labels: 5 }, "/labels", "is not a list"],
    ["a name that is no label", { labels: ["external", "No Label!"] }, "/labels", "holds no labels"],
    ["a label of 65 characters", { labels: ["x".repeat(65)] }, "/labels/0", "is longer than 64 characters"],
    ["a sign of 65 characters", { signs: ["x".repeat(65)] }, "/signs/0", "is longer than 64 characters"],
    ["257 labels", { labels: Array(257).fill("external") }, "/labels", "has more than 256 items"],
    ["65 signs", { signs: Array(65).fill("override") }, "/signs", "has more than 64 items"],
    ["a raw output", { content_sha256: "all is well" }, "/content_sha256", NO_HASH],
    ["a digest with a tail", { content_sha256: `${HASH}0` }, "/content_sha256", NO_HASH],
    ["a raw reference", { output_ref: "all is well" }, "/output_ref", NO_REF],
    ["a reference with a head", { output_ref: `x${REF}` }, "/output_ref", NO_REF],
    ["a reference with a tail", { output_ref: `${REF}0` }, "/output_ref", NO_REF],
    ["another digest", { output_ref: `md5:${HASH}` }, "/output_ref", NO_REF],
    ["upper-case hex", { output_ref: REF.toUpperCase() }, "/output_ref", NO_REF],
    ["a call that is none", { call: "4" }, "/call", "has not the form it must have"],
    ["a call with a head", { call: "xc4" }, "/call", "has not the form it must have"],
    ["a call with a tail", { call: "c4 " }, "/call", "has not the form it must have"],
    ["a digest that is a number", { content_sha256: 5 }, "/content_sha256", NO_HASH],
    ["a content", { content: "all is well" }, "/content", "is not a known member"],
    ["a member that every object has", { toString: "x" }, "/toString", "is not a known member"],
    ["a place below nothing", { seq: -1 }, "/seq", "is not an integer from 0 to 9007199254740991"],
  ])("%s is refused", (_name, said, path, problem) => {
    expect(parsed(outputsOf({ seq: 4, ...said }))).toEqual(refused(`/outputs/0${path}`, problem));
  });

  test("an output that two entries name is refused at the second, before it is looked at", () => {
    const twice = outputsOf({ seq: 4, signs: [] }, { seq: 5, signs: [] }, { seq: 4 });
    expect(parsed(twice)).toEqual(refused("/outputs/2/seq", TWICE));
  });

  test("the first entry at fault is told, not a later one", () => {
    expect(parsed(outputsOf({ seq: 4, signs: [] }, { seq: 5 }, { seq: 6 }))).toEqual(refused("/outputs/1", NOTHING));
  });

  test.each([
    ["without a format", { outputs: [] }, "/format", "is missing"],
    ["of another format", { format: "agentk-behavior/2", outputs: [] }, "/format", "is not one of the known names"],
    ["without outputs", { format: "agentk-behavior/1" }, "/outputs", "is missing"],
    ["with more than it may have", { ...outputsOf(), steps: [] }, "/steps", "is not a known member"],
  ])("%s it is refused", (_name, content, path, problem) => {
    expect(parsed(content)).toEqual(refused(path, problem));
  });
});

describe("the predecessor's list", () => {
  test("is read step by step, each with its place", () => {
    const second = { ...STEP, step: 7, output_ref: `stub_output_sha256:${HASH}` };
    expect(parsed([STEP, second])).toEqual({
      ok: true,
      value: [
        { at: "/0", by: "call", step: STEP },
        { at: "/1", by: "call", step: second },
      ],
    });
    expect(parsed([])).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["a raw output", { output_ref: "all is well" }, "/output_ref", NO_REF],
    ["a syscall of 65 characters", { syscall: "x".repeat(65) }, "/syscall", "is longer than 64 characters"],
    ["a target of 1025 characters", { target: "x".repeat(1025) }, "/target", "is longer than 1024 characters"],
    ["labels", { labels: ["external"] }, "/labels", "is not a known member"],
    ["a digest of the content", { content_sha256: HASH }, "/content_sha256", "is not a known member"],
    ["a step that is no number", { step: "2" }, "/step", "is not an integer from 0 to 9007199254740991"],
  ])("%s is refused", (_name, said, path, problem) => {
    expect(parsed([{ ...STEP, ...said }])).toEqual(refused(`/0${path}`, problem));
  });

  test("a step without one of its members is refused", () => {
    expect(parsed([{ step: 2, target: "fs/read", output_ref: REF }])).toEqual(refused("/0/syscall", "is missing"));
    expect(parsed([{ step: 2, syscall: "tool.invoke", target: "fs/read" }])).toEqual(
      refused("/0/output_ref", "is missing"),
    );
  });

  test("a step that two entries name is refused at the second", () => {
    expect(parsed([STEP, { ...STEP, step: 3 }, STEP])).toEqual(refused("/2/step", TWICE));
  });
});

describe("the file itself", () => {
  test("holds ten thousand entries, and not one more", () => {
    const steps = Array.from({ length: 10_001 }, (_, step) => ({ ...STEP, step }));
    expect(parsed(steps.slice(1)).ok).toBe(true);
    expect(parsed(steps)).toEqual(refused("", "has more than 10000 items"));
  });

  test.each([
    ["no JSON", "{", "is not strict JSON"],
    ["a member given twice", '{"format":"agentk-behavior/1","outputs":[],"outputs":[]}', "is not strict JSON"],
    ["a text", '"agentk-behavior/1"', "is not an object"],
    ["null", "null", "is not an object"],
  ])("%s is refused as a whole", (_name, source, problem) => {
    expect(parseBehavior(source)).toEqual(refused("", problem));
  });
});
