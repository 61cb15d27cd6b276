/** `intent`: a sentence of the user's in this session holds one of these phrases. Without a user channel none does. */
import { z } from "../zod.js";
import { quoted } from "../quoted.js";
import { compilePhrases } from "../words.js";
import { atom } from "./atom.js";
import type { Condition } from "./condition.js";

export function phrasesSchema(name: string): z.ZodType<readonly string[]> {
  return z
    .array(
      z.string().regex(/^\S+(?: \S+)*$/, {
        error: (issue) => `${quoted(issue.input)} must be words with one space between them`,
      }),
    )
    .min(1, `\`${name}\` must hold at least one phrase`);
}

export const intent: Condition<readonly string[]> = {
  schema: phrasesSchema("intent"),
  compile: (phrases, { key }) => {
    const isSaid = compilePhrases(phrases);
    return [atom(`${key}.intent`, (_, values) => values.sentences().some(isSaid))];
  },
};
