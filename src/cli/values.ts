/** The values of options, as commander reads them. */
import { InvalidArgumentError, Option } from "commander";

/** An option that may be given more than once. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** A whole number in a range, both ends included; at most nine digits. */
export function wholeNumber(least: number, most = 999_999_999): (text: string) => number {
  return (text) => {
    const value = /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it must be a whole number from ${String(least)} to ${String(most)}.`);
  };
}

/** Whether the run keeps its values, for whoever may open them later. */
export function payloadsOption(): Option {
  return new Option("--payloads <mode>", "keep values in an encrypted journal, or keep none")
    .choices(["sealed", "none"])
    .default("sealed");
}
