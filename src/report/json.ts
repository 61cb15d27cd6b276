/** JSON for people and pipes: indented, and free of characters that act on a terminal. */

/** JSON.stringify escapes C0 controls only; C1 controls and format characters would act on a terminal too. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON text, indented by two unless `indent` says otherwise. `undefined` members are left out. */
export function reportJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(ACTING, (character) =>
    character === "\n" ? "\n" : escaped(character),
  );
}

function escaped(character: string): string {
  let text = "";
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return text;
}
