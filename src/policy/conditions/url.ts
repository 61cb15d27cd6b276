/** `url`: scheme, host and port of a URL, after normalisation; of the target here, of a leaf in an argument test. */
import { z } from "../zod.js";
import type { UrlPattern } from "../ast.js";
import { compileUrl, urlFault } from "../match/url.js";
import { quoted } from "../quoted.js";
import { cheap, globSchema, listed, type Condition } from "./condition.js";
import { onceSound } from "./once-sound.js";

/** RFC 3986 section 3.1, in lower case. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

const scheme = z.string().regex(SCHEME, {
  error: (issue) => `the scheme ${quoted(issue.input)} must be lower case, without the colon`,
});

const host = globSchema.refine((glob) => urlFault({ host: [glob] }) === undefined, {
  error: (issue) => `${quoted(issue.input)} is no host: write a name or an address without scheme, port and path`,
});

const port = z.custom<number>(
  (value) => typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535,
  "a port must be a whole number up to 65535",
);

const urlShape = {
  scheme: z.preprocess(listed, z.array(scheme).min(1, "a list of schemes must hold at least one")).exactOptional(),
  host: z.preprocess(listed, z.array(host).min(1, "a list of hosts must hold at least one")).exactOptional(),
  port: z
    .preprocess(
      (value) => (typeof value === "number" ? [value] : value),
      z.array(port).min(1, "a list of ports must hold at least one"),
    )
    .exactOptional(),
};

export const URL_KEYS = Object.keys(urlShape);

export const urlSchema: z.ZodType<UrlPattern> = z
  .strictObject(urlShape)
  .refine((pattern) => Object.keys(pattern).length > 0, onceSound("`url` must name a scheme, a host or a port"));

export const url: Condition<UrlPattern> = {
  schema: urlSchema,
  keys: { "": URL_KEYS },
  compile: (pattern) => {
    const isMatch = compileUrl(pattern);
    return cheap(({ target }) => isMatch(target));
  },
};
