// How all parts of the bench measure: cases in turn within each round, medians of per-round ratios against the first case.
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** What a figure is worth nothing without. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    load: loadavg()[0].toFixed(2),
  };
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export const median = (values) => quantile(values, 0.5);

/**
 * Runs every case once a round, `rounds` times, in an order that turns by one each round, so that neither a busy moment
 * nor a place in the order belongs to one case. Each case gives an object of numbers.
 */
export async function interleaved(cases, rounds, onRound = () => {}) {
  const names = Object.keys(cases);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const place of names.keys()) {
      const name = names[(place + round) % names.length];
      found[name].push(await cases[name]());
    }
    onRound(round + 1);
  }
  return found;
}

/** Of each case and figure: the median, the spread over the rounds, and the median of the per-round ratios to `base`. */
export function summary(found, base) {
  return Object.entries(found).map(([name, rounds]) => ({
    case: name,
    ...Object.fromEntries(Object.keys(rounds[0]).map((figure) => [figure, described(rounds, found[base], figure)])),
  }));
}

function described(rounds, baseRounds, figure) {
  const values = rounds.map((round) => round[figure]);
  const ratios = values.map((value, i) => value / baseRounds[i][figure]);
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), ratio: median(ratios) };
}

/** A figure for people: three significant digits. */
export function short(value) {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

/** Rows as an aligned table: `columns` maps a title to what a row shows there. */
export function table(rows, columns) {
  const titles = Object.keys(columns);
  const cells = [titles, ...rows.map((row) => titles.map((title) => columns[title](row)))];
  const widths = titles.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "))
    .join("\n");
}
