/** `time`: the wall clock stands within a daily window. */
import { z } from "../zod.js";
import { WEEKDAYS, type TimeWindow } from "../ast.js";
import { isWithin, parseTimeOfDay, parseUtcOffset } from "../match/time.js";
import { quoted } from "../quoted.js";
import { cheap, type Condition } from "./condition.js";
import { onceSound } from "./once-sound.js";

function minutes(read: (text: string) => number | undefined, form: string): z.ZodType<number, string> {
  return z.string().transform((text, context): number => {
    const found = read(text);
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `${quoted(text)} must be ${form}` });
    return z.NEVER;
  });
}

const timeOfDay = minutes(parseTimeOfDay, "a time of day such as `08:00`");
const timeShape = {
  from: timeOfDay.refine((minute) => minute < 24 * 60, "`from` must be before `24:00`"),
  to: timeOfDay,
  days: z
    .array(z.enum(WEEKDAYS, { error: (issue) => `unknown weekday ${quoted(issue.input)}` }))
    .min(1, "a list of days must hold at least one")
    .exactOptional(),
  utc_offset: minutes(parseUtcOffset, "an offset such as `+01:00` or `Z`").default(0),
};

export const time: Condition<TimeWindow> = {
  schema: z
    .strictObject(timeShape)
    .refine(
      ({ from, to }) => from !== to,
      onceSound("`from` and `to` must differ: the window would be empty, or never end"),
    ),
  keys: { "": Object.keys(timeShape) },
  compile: (window) => cheap(({ wall_ms }) => isWithin(window, wall_ms)),
};
