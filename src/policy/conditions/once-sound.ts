/** For what must hold of a table as a whole: asked only of one without faults, since beside an unknown key it is noise. */
export function onceSound(error: string): {
  readonly error: string;
  readonly when: (table: { readonly issues: readonly unknown[] }) => boolean;
} {
  return { error, when: ({ issues }) => issues.length === 0 };
}
