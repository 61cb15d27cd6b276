/** Long lists in the words of a condition, cut for people: JSON reports keep them whole. */

const SHOWN = 3;
const BETWEEN = "` or `";

/** Of more than four quoted items joined by "or", the first three and how many more there are. Linear. */
export function shortLists(words: string): string {
  const pieces = words.split(BETWEEN);
  const out: string[] = [];
  let from = 0;
  pieces.forEach((piece, index) => {
    // The last item of a list: the next one, if any, is another list's.
    const isLast = index > from && piece.includes("`");
    if (!isLast) return;
    out.push(...cut(pieces.slice(from, index), piece));
    from = index + 1;
  });
  return [...out, ...pieces.slice(from)].join(BETWEEN);
}

/** `last` begins with the list's last item and goes on with what follows the list. */
function cut(items: readonly string[], last: string): readonly string[] {
  if (items.length <= SHOWN) return [...items, last];
  const kept = items.slice(0, SHOWN);
  const more = items.length + 1 - SHOWN;
  const rest = last.slice(last.indexOf("`") + 1);
  return [...kept.slice(0, -1), `${kept.at(-1) ?? ""}\` and ${String(more)} more${rest}`];
}
