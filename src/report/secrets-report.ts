/** What a manifest of secret references holds and what of it is there, in numbers. No name, reference or value is here. */
import { visible } from "../evidence/visible.js";
import type { PolicyFault } from "../policy/fault.js";
import { reportJson } from "./json.js";

const REFS = "agentk-secret-refs/1";
const STORE = "agentk-secret-store/1";

/** What a report may know of one secret. */
export interface CountedSecret {
  readonly provider: string;
  readonly isLocal: boolean;
  readonly shape: string;
}

export function secretRefsJson(manifest: string, secrets: readonly CountedSecret[]): string {
  return `${reportJson({
    ...{ format: REFS, manifest, ok: true, version: 1, secrets: secrets.length },
    external: secrets.filter(({ isLocal }) => !isLocal).length,
    providers: counts(secrets.map(({ provider }) => provider)),
    shapes: counts(secrets.map(({ provider, shape }) => `${provider}:${shape}`)),
    faults: [],
  })}\n`;
}

export function secretRefsText(manifest: string, secrets: readonly CountedSecret[]): string {
  const external = secrets.filter(({ isLocal }) => !isLocal).length;
  const head = `${visible(manifest)}: valid, ${counted(secrets.length)}, ${String(external)} in external stores\n`;
  const shapes = Object.entries(counts(secrets.map(({ provider, shape }) => `${provider} by ${shape}`)));
  return head + shapes.map(([name, count]) => `  ${String(count).padStart(4)}  ${name}\n`).join("");
}

export function secretFaultsJson(manifest: string, faults: readonly PolicyFault[], isStore: boolean): string {
  return `${reportJson({ format: isStore ? STORE : REFS, manifest, ok: false, faults })}\n`;
}

/** One secret's provider, and what was found. */
export interface FoundSecret {
  readonly provider: string;
  readonly state: string;
}

export interface StoreCheck {
  readonly found: readonly FoundSecret[];
  /** All states that there are, in the order to show them. */
  readonly states: readonly string[];
  readonly ok: boolean;
}

export function secretStoreJson(manifest: string, { found, states, ok }: StoreCheck): string {
  const providers = Object.fromEntries(providersOf(found).map((name) => [name, counts(statesOf(found, name))]));
  const totals = Object.fromEntries(states.map((state) => [state, found.filter((one) => one.state === state).length]));
  return `${reportJson({ format: STORE, manifest, ok, version: 1, secrets: found.length, ...{ states: totals, providers }, faults: [] })}\n`;
}

export function secretStoreText(manifest: string, { found, states, ok }: StoreCheck): string {
  const rows = providersOf(found).map((provider) => {
    const by = counts(statesOf(found, provider));
    const said = states.flatMap((state) => (by[state] === undefined ? [] : [`${String(by[state])} ${state}`]));
    return `  ${provider}: ${said.join(", ")}\n`;
  });
  const available = found.filter(({ state }) => state === "available").length;
  const verdict = ok ? "all" : `${String(available)} of`;
  return `${visible(manifest)}: ${verdict} ${counted(found.length)} available\n${rows.join("")}`;
}

function providersOf(found: readonly FoundSecret[]): readonly string[] {
  return Object.keys(counts(found.map(({ provider }) => provider)));
}

function statesOf(found: readonly FoundSecret[], provider: string): readonly string[] {
  return found.filter((one) => one.provider === provider).map(({ state }) => state);
}

/** How often each name stands in the list, by name. */
function counts(names: readonly string[]): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  for (const name of [...names].sort()) found.set(name, (found.get(name) ?? 0) + 1);
  return Object.fromEntries(found);
}

function counted(count: number): string {
  return `${String(count)} ${count === 1 ? "secret" : "secrets"}`;
}
