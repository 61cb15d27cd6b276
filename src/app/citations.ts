/** Which tests of a checkout cite which claim: a line `// Claim: M1, E2` right above a test. */
import { readdirSync, readFileSync, type Dirent } from "node:fs";
import { join, relative } from "node:path";
import { AgentkError } from "../base/errors.js";
import { systemCode } from "../host/private-folder.js";
import { isClaimId, type Citation, type Citations, type ClaimId, type StrayCitation } from "../abi/claims.js";

const MARK = /^\s*\/\/ Claim: (.*)$/;
const TEST = /^\s*(?:describe|it|test)(?:\.\w+)*\b.*?\(\s*(["'`])(.*?)\1/;

/**
 * Reads every `*.test.ts` below a folder's `test`; `undefined` when it has none.
 * @throws AgentkError `file-unreadable`
 */
export function citationsIn(checkout: string): Citations | undefined {
  const files = testFiles(join(checkout, "test"));
  if (files.length === 0) return undefined;
  const marks = files.flatMap((path) => {
    const file = relative(checkout, path).replaceAll("\\", "/");
    return marksOf(readFileSync(path, "utf8")).map((mark) => ({ file, ...mark }));
  });
  return { byClaim: byClaimOf(marks), strays: marks.flatMap(strayOf) };
}

function byClaimOf(marks: readonly Mark[]): ReadonlyMap<ClaimId, readonly Citation[]> {
  const byClaim = new Map<ClaimId, Citation[]>();
  for (const { file, line, ids, title } of marks) {
    if (title === undefined) continue;
    for (const id of ids.filter(isClaimId)) {
      byClaim.set(id, [...(byClaim.get(id) ?? []), { file, line: line + 1, title }]);
    }
  }
  return byClaim;
}

function strayOf({ file, line, ids, title }: Mark): readonly StrayCitation[] {
  const problems = ids.filter((id) => !isClaimId(id)).map((id) => `\`${id}\` is no claim`);
  if (title === undefined) problems.push("stands above no test");
  return problems.map((problem) => ({ file, line, problem }));
}

interface Mark {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly ids: readonly string[];
  /** Of the test under it. */
  readonly title: string | undefined;
}

function marksOf(text: string): readonly Omit<Mark, "file">[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const ids = MARK.exec(line)?.[1]?.split(", ");
    if (ids === undefined) return [];
    return [{ line: index + 1, ids, title: TEST.exec(lines.slice(index + 1, index + 3).join(" "))?.[2] }];
  });
}

function testFiles(folder: string): readonly string[] {
  return entriesOf(folder)
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.isFile() && entry.name.endsWith(".test.ts") ? [path] : [];
    })
    .sort();
}

/** A folder that is not there has nothing in it: an installed package has no tests. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new AgentkError("file-unreadable", `cannot read \`${folder}\` (${code ?? "unknown"})`, {
      cause: error,
      place: { file: folder },
    });
  }
}
