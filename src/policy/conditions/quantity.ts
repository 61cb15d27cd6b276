/** Numbers, durations and scalars as operators write them, each with its own sentence when it is none. */
import { z } from "../zod.js";
import type { Scalar } from "../ast.js";
import { parseDuration } from "../match/time.js";
import { quoted } from "../quoted.js";

/** INVARIANT: finite, since TOML's `inf` and `nan` have no place in a JSON document. */
export function numberSchema(name: string): z.ZodType<number> {
  return z.custom<number>((value) => typeof value === "number" && Number.isFinite(value), {
    error: ({ input }) =>
      input === undefined ? `\`${name}\` is missing` : `\`${name}\` must be a finite number, found ${quoted(input)}`,
  });
}

export function wholeNumberSchema(name: string, least: number, most: number): z.ZodType<number> {
  return z.custom<number>(
    (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most,
    { error: () => `\`${name}\` must be a whole number from ${String(least)} to ${String(most)}` },
  );
}

export const scalarSchema = z.custom<Scalar>(isScalar, {
  error: (issue) => `a value must be a string, a finite number, true or false, found ${quoted(issue.input)}`,
});

function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean";
}

export const scalarsSchema = z.array(scalarSchema).min(1, "`in` must hold at least one value");

/** `"24h"`, read as milliseconds. */
export const durationSchema = z.string().transform((text, context): number => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({
    code: "custom",
    message: `the duration ${quoted(text)} must be like \`30s\`, \`10m\`, \`24h\` or \`7d\``,
  });
  return z.NEVER;
});

const NUMERAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The number that a leaf is: a number, or a string that is one as a whole. Finite, or undefined. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && NUMERAL.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
