/** The tables in docs/ that are printed from code, by page and section. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { REASONS } from "../../src/abi/decision.js";
import { SYSCALL_NAMES } from "../../src/abi/syscalls.js";
import { citationsIn } from "../../src/app/citations.js";
import { ERRORS } from "../../src/base/errors.js";
import * as limits from "../../src/base/limits.js";
import { SYSCALLS } from "../../src/kernel/table.js";
import type { Contract } from "../../src/mcp/methods/contract.js";
import { CONTRACTS } from "../../src/mcp/methods/table.js";
import { MODERN_CONTRACTS } from "../../src/mcp/modern/table.js";
import * as mmuBounds from "../../src/mmu/bounds.js";
import { claimsPage, domainsPage } from "../../src/report/compliance-report.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Printed {
  readonly page: string;
  readonly section: string;
  readonly print: () => string;
}

export const PRINTED: readonly Printed[] = [
  { page: "docs/errors.md", section: "errors", print: errors },
  { page: "docs/errors.md", section: "reasons", print: reasons },
  { page: "docs/syscalls.md", section: "syscalls", print: syscalls },
  { page: "docs/limits.md", section: "bounds", print: () => bounds("src/base/limits.ts", limits) },
  { page: "docs/limits.md", section: "provenance", print: () => bounds("src/mmu/bounds.ts", mmuBounds) },
  { page: "docs/mcp-methods.md", section: "rows", print: () => contracts(CONTRACTS) },
  { page: "docs/mcp-modern.md", section: "rows", print: () => contracts(MODERN_CONTRACTS) },
  { page: "docs/threat-model.md", section: "claims", print: claims },
  { page: "docs/zero-trust.md", section: "domains", print: domainsPage },
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, says }]) => [`\`${code}\``, String(status), says]);
  return table(["code", "exit status", "meaning"], rows);
}

function reasons(): string {
  const rows = Object.entries(REASONS).map(([code, { retryable, says }]) => [
    `\`${code}\``,
    says,
    retryable ? "yes" : "",
  ]);
  return table(["reason", "meaning", "may pass later"], rows);
}

function syscalls(): string {
  const rows = SYSCALL_NAMES.map((name) => {
    const { flow, risk, response, gives, driver, serverDriver, isRedacted } = SYSCALLS[name];
    const labels = [gives.integrity, gives.confidentiality, gives.origin].join(" ");
    const who = [...(driver === "none" ? [] : ["agent"]), ...(serverDriver === "none" ? [] : ["server"])];
    return [`\`${name}\``, flow, risk, labels, `\`${response}\``, isRedacted ? "in part" : "whole", who.join(", ")];
  });
  return table(["syscall", "flow", "risk", "labels of what it brings", "answer", "target in the log", "for"], rows);
}

/** Exported constants of a module with the sentence above each: the source is the only place that has both. */
function bounds(file: string, values: Readonly<Record<string, unknown>>): string {
  const source = readFileSync(new URL(file, `file://${ROOT}`), "utf8");
  const found = [...source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport const (\w+)/g)];
  const rows = found.map(([, comment = "", name = ""]) => {
    const value = values[name];
    if (typeof value !== "number") throw new Error(`${file}: ${name} is no number`);
    return [`\`${name}\``, value.toLocaleString("en").replaceAll(",", " "), sentence(comment)];
  });
  if (rows.length !== Object.keys(values).length) throw new Error(`${file}: a bound without its reason`);
  return table(["bound", "value", "why"], rows);
}

function sentence(comment: string): string {
  return comment
    .replace(/\n\s*\* ?/g, " ")
    .replaceAll("|", "\\|")
    .trim();
}

/** One contract a row: who sends what, since when, by which feature, and what a denial looks like. */
function contracts(rows: readonly Contract[]): string {
  const cells = rows.map((row) => [
    `\`${row.method}\``,
    row.sender,
    row.form,
    row.revisions.length === 1 ? row.revisions.join("") : `${row.revisions[0] ?? ""} to ${row.revisions.at(-1) ?? ""}`,
    row.feature ?? "",
    row.form === "request" ? row.denial : "dropped",
  ]);
  return table(["method", "from", "form", "revisions", "feature", "denied as"], cells);
}

function claims(): string {
  const citations = citationsIn(ROOT);
  if (citations === undefined) throw new Error("no tests");
  return claimsPage(citations);
}
