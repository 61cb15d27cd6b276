/** The model's memory of a session: where each value was seen, and what an argument that carries it is. From docs/provenance.md. */
import { join, NOTHING, type Labels } from "./labels.js";

/** Two values of the same kind: nothing but where they were seen tells them apart. */
export type Value = "ann" | "eve";
export const VALUES: readonly Value[] = ["ann", "eve"];

/** As it stands, or hidden in an encoding or in prose of the model's. */
export type Form = "plain" | "hidden";

export interface Place {
  readonly value: Value;
  readonly isUsers: boolean;
  readonly labels: Labels;
}

export interface Found {
  readonly labels: Labels;
  readonly classes: readonly string[];
  readonly endorsed: boolean;
}

/** Places without doubles, in one order: two memories that hold the same are the same. */
export function withPlace(places: readonly Place[], place: Place): readonly Place[] {
  const all = new Map([...places, place].map((one) => [JSON.stringify(one), one]));
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What a value in a call is: by where it was seen; composed text is the session's, and of what is hidden in it. */
export function found(places: readonly Place[], value: Value, form: Form, session: Labels): Found {
  const seen = places.filter((place) => place.value === value);
  if (form === "hidden" || seen.length === 0) {
    const labels = seen.map((place) => place.labels).reduce(join, session);
    return { labels, classes: ["nowhere"], endorsed: false };
  }
  const users = seen.filter(({ isUsers }) => isUsers);
  const deciding = users.length > 0 ? users : seen;
  const integrity = Math.min(...deciding.map(({ labels }) => labels.integrity));
  const labels = { ...deciding.map((place) => place.labels).reduce(join, NOTHING), integrity };
  const isTrusted = seen.some((place) => place.labels.integrity === 0);
  const isUntrusted = seen.some((place) => place.labels.integrity > 0);
  const isPii = seen.some((place) => place.labels.pii > 0);
  const classes = [
    ...(isPii ? ["pii"] : []),
    ...(isTrusted ? ["trusted"] : []),
    ...(isUntrusted ? ["untrusted"] : []),
    ...(users.length > 0 ? ["user"] : []),
  ];
  return { labels, classes, endorsed: isTrusted };
}
