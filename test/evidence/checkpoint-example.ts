/** The worked example of docs/formats/checkpoints.md: a tree of five short lines, its checkpoint, and proofs. */
import { checkpointOf } from "../../src/evidence/checkpoint.js";
import { keyId, keyName } from "../../src/evidence/note.js";
import { digests, testKey } from "./fixture.js";
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot } from "./naive-tree.js";

const BEGIN = "## A worked example\n";
const LINES = ["zero", "one", "two", "three", "four"];
const RUN = "20231114T221320Z-0123456789ab";

/** The page with the example as it must be. */
export function withCheckpointExample(page: string): string {
  const begin = page.indexOf(BEGIN);
  if (begin < 0) throw new Error("the page has no worked example");
  return page.slice(0, begin) + exampleText();
}

export function exampleNote(): string {
  const key = testKey(7);
  const root = naiveRoot(LINES.map(naiveLeaf));
  const unsigned = checkpointOf(digests, { publicKey: key.publicHex, run: RUN, size: LINES.length, root });
  return unsigned.note(key.sign(unsigned.statement));
}

function exampleText(): string {
  const leaves = LINES.map(naiveLeaf);
  const { publicHex } = testKey(7);
  const name = keyName(digests, publicHex);
  const list = (hashes: readonly string[]): string => hashes.map((hash) => `    ${hash}`).join("\n");
  return `${BEGIN}
The key is the one whose 32-byte Ed25519 seed is 32 times the byte 7; its public key is \`${publicHex}\`, its name \`${name}\`, its key id \`${keyId(digests, name, 1, publicHex)}\`. The lines of this log are the words \`${LINES.join("`, `")}\`, which no real log has, so that everybody can hash them by hand. Their leaf hashes:

${list(leaves)}

The root of all five is \`${naiveRoot(leaves)}\`, that of the first three \`${naiveRoot(leaves.slice(0, 3))}\`. The audit path of \`two\` (index 2) in the tree of five:

${list(naivePath(2, leaves))}

The consistency proof from three lines to five:

${list(naiveConsistency(3, leaves))}

The checkpoint over the five lines, for the run \`${RUN}\`:

\`\`\`
${exampleNote()}\`\`\`
`;
}
