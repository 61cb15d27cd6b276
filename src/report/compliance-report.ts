/** The twelve domains of zero trust, the claims that answer to them and the tests that show these, as text and JSON. */
import { CLAIM_IDS, CLAIMS, type Citations, type ClaimId } from "../abi/claims.js";
import { DOMAINS } from "../abi/domains.js";
import { reportJson } from "./json.js";
import { wrap, type Paint } from "./style.js";

/** Whether every claim is cited by a test and every citation is of a claim. Nothing to look at is no fault. */
export function isCompliant(citations: Citations | undefined): boolean {
  return citations === undefined || (uncitedOf(citations).length === 0 && citations.strays.length === 0);
}

export function complianceJson(citations: Citations | undefined): string {
  return `${reportJson({
    ok: isCompliant(citations),
    checked: citations !== undefined,
    domains: DOMAINS,
    claims: CLAIM_IDS.map((id) => ({ id, ...CLAIMS[id], tests: citations?.byClaim.get(id) ?? [] })),
    uncited: citations === undefined ? [] : uncitedOf(citations),
    strays: citations?.strays ?? [],
  })}\n`;
}

export function complianceText(citations: Citations | undefined, look: { paint: Paint; width: number }): string {
  const { paint, width } = look;
  const domains = DOMAINS.map(({ title, claims, lacking }, index) =>
    [
      `${String(index + 1).padStart(2)}  ${paint.title(title)}`,
      ...claims.map((id) => claimText(id, citations, look)),
      ...lacking.map((what) => `    ${paint.warn("lacks")} ${wrap(what, width, "          ")}`),
    ].join("\n"),
  );
  return `${[...domains, ...faultLines(citations, paint), summary(citations, paint)].join("\n")}\n`;
}

function claimText(id: ClaimId, citations: Citations | undefined, { paint, width }: { paint: Paint; width: number }) {
  const tests = citations?.byClaim.get(id)?.length ?? 0;
  const count = citations === undefined ? "" : paint.dim(` (${String(tests)} ${tests === 1 ? "test" : "tests"})`);
  return `    ${tests === 0 && citations !== undefined ? paint.bad(id) : id}  ${wrap(CLAIMS[id].says, width - 10, "        ")}${count}`;
}

function faultLines(citations: Citations | undefined, paint: Paint): readonly string[] {
  if (citations === undefined) return [];
  return [
    ...uncitedOf(citations).map((id) => `${paint.bad("no test")} cites ${id}: write \`// Claim: ${id}\` above one`),
    ...citations.strays.map(({ file, line, problem }) => `${file}:${String(line)}: ${paint.bad(problem)}`),
  ];
}

function summary(citations: Citations | undefined, paint: Paint): string {
  if (citations === undefined)
    return "the tests are not part of the package: `--repo DIR` with a checkout of agentk looks for them";
  const whole = DOMAINS.filter(({ lacking }) => lacking.length === 0).length;
  const tests = [...citations.byClaim.values()].reduce((sum, { length }) => sum + length, 0);
  const verdict = isCompliant(citations) ? paint.good("ok") : paint.bad("failed");
  return `${verdict}: ${String(CLAIM_IDS.length)} claims, ${String(tests)} tests cite them; nothing is known to lack in ${String(whole)} of ${String(DOMAINS.length)} domains`;
}

function uncitedOf(citations: Citations): readonly ClaimId[] {
  return CLAIM_IDS.filter((id) => !citations.byClaim.has(id));
}

/** The table of docs/threat-model.md. */
export function claimsPage(citations: Citations): string {
  const rows = CLAIM_IDS.map((id) => {
    const tests = citations.byClaim.get(id) ?? [];
    const files = [...new Set(tests.map(({ file }) => `[${nameOf(file)}](../${file})`))].join(", ");
    return `| ${id} | ${CLAIMS[id].says} | ${CLAIMS[id].butNot} | ${files} |`;
  });
  return ["| id | claim | what it does not say | shown by |", "|---|---|---|---|", ...rows].join("\n");
}

/** The table of docs/zero-trust.md. */
export function domainsPage(): string {
  const rows = DOMAINS.map(
    ({ title, claims, lacking }, index) =>
      `| ${String(index + 1)} | ${title} | ${claims.join(", ")} | ${lacking.length === 0 ? "nothing known" : lacking.join("; ")} |`,
  );
  return ["| | domain | claims | lacking |", "|---|---|---|---|", ...rows].join("\n");
}

function nameOf(file: string): string {
  return file.replace(/^test\//, "").replace(/\.test\.ts$/, "");
}
