/**
 * The declared family of encodings that the kernel undoes before it says that a value was never read.
 * A versioned table; docs/encodings.md prints it for operators. What is not in it is not undone.
 */
import { base64, base64url } from "./encodings/base64.js";
import type { Encoding } from "./encodings/encoding.js";
import { letterCase, space, unicode, zeroWidth } from "./encodings/forms.js";
import { hex } from "./encodings/hex.js";
import { htmlEntities } from "./encodings/html-entities.js";
import { jsonEscapes } from "./encodings/json-escapes.js";
import { percent, percentSigns, plusSigns } from "./encodings/percent.js";

export type { Decoded, Encoding } from "./encodings/encoding.js";

/** Rows that hide a text from comparison without changing what a reader sees. They cost no depth. */
export const VEILS: readonly Encoding[] = [zeroWidth, unicode];

/** Rows that turn a text into another one. */
export const CODES: readonly Encoding[] = [htmlEntities, percent, jsonEscapes, hex, base64, base64url];

/** In this order one sweep undoes them all: what may stand within the alphabet of another before that other. */
export const SWEEP: readonly Encoding[] = [
  ...VEILS,
  htmlEntities,
  percentSigns,
  jsonEscapes,
  hex,
  base64url,
  base64,
  plusSigns,
];

/** Every row. Case and white space are undone by comparing normal forms: case folding would destroy base64. */
export const ENCODINGS: readonly Encoding[] = [...CODES, ...VEILS, letterCase, space];
