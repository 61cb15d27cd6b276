/** The model's labels: four axes as numbers, and the join. Written from docs/policy.md; nothing here is the kernel's. */

/** `integrity` 0 trusted, 1 untrusted, 2 poisoned; `secrecy` 0 public, 1 private, 2 secret; the others 0 or 1. */
export interface Labels {
  readonly integrity: number;
  readonly secrecy: number;
  readonly external: number;
  readonly pii: number;
}

export const NOTHING: Labels = { integrity: 0, secrecy: 0, external: 0, pii: 0 };

/** What comes in and nobody speaks for. */
export const STRANGE: Labels = { integrity: 1, secrecy: 0, external: 1, pii: 0 };

export const POISON: Labels = { integrity: 2, secrecy: 0, external: 0, pii: 0 };

export function join(a: Labels, b: Labels): Labels {
  return {
    integrity: Math.max(a.integrity, b.integrity),
    secrecy: Math.max(a.secrecy, b.secrecy),
    external: Math.max(a.external, b.external),
    pii: Math.max(a.pii, b.pii),
  };
}

export function isBelow(a: Labels, b: Labels): boolean {
  return a.integrity <= b.integrity && a.secrecy <= b.secrecy && a.external <= b.external && a.pii <= b.pii;
}

/** The names that a log shows. */
export function namesOf({ integrity, secrecy, external, pii }: Labels): readonly string[] {
  const names = [["trusted", "untrusted", "poisoned-suspect"][integrity] ?? ""];
  if (secrecy > 0) names.push(secrecy === 1 ? "private" : "secret");
  if (external > 0) names.push("external");
  if (pii > 0) names.push("pii");
  return names;
}

/** Whether a rule that asks for the name finds it: a point implies those below it, save `trusted`. */
export function carries(labels: Labels, name: string): boolean {
  switch (name) {
    case "trusted":
      return labels.integrity === 0;
    case "untrusted":
      return labels.integrity >= 1;
    case "poisoned-suspect":
      return labels.integrity === 2;
    case "private":
      return labels.secrecy >= 1;
    case "secret":
      return labels.secrecy === 2;
    case "external":
      return labels.external === 1;
    case "pii":
      return labels.pii === 1;
    default:
      return false;
  }
}
