/**
 * docs/release-audit.md is printed from the list of checks. When a check has changed:
 * `npx vitest run test/docs/release-audit.test.ts -u`.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AUDIT_GROUPS, type AuditGroup } from "../../src/abi/audit.js";
import { AUDIT_CHECKS } from "../../src/app/audit/checks.js";
import { ALLOWED_LICENCES } from "../../src/app/audit/supply-chain.js";
import { ALLOWED_SECRETS } from "../../src/app/audit/secret-scan.js";

const ABOUT: Readonly<Record<AuditGroup, string>> = {
  repository: `What git would publish of the project, or, where there is no repository, what lies in the folder. A repository that git does not look into (another user's, say: \`git config --global --add safe.directory\`) fails the checks that ask it. Filters of the project's own configuration are not run. A value that is no secret is excepted by \`agentk:allow-secret\` and a reason on its line or the one before; a file that cannot hold a comment by a line \`PATH REASON\` in \`${ALLOWED_SECRETS}\`, where a path may end in \`*\`. Patterns find the usual forms of secrets, and no others: a secret in a form of its own is not found, and neither is one in the history of git.`,
  keys: "The key that a run from here would sign with: `AGENTK_SIGNING_KEY_HEX`, `AGENTK_SIGNING_KEY_FILE` or the data folder ([keys.md](keys.md)). A machine without a key gets warnings, and failures with `AGENTK_REQUIRE_SIGNING_KEY=1`.",
  policies:
    "Policies that `--policy` names, that `agentk.toml` names, that lie in `policies/`, or that are called `*.policy.toml`.",
  runtime:
    "The real agentk, as a process of its own, before [a server that breaks rules on request](../examples/hostile-server/server.mjs), under the shipped guard policy and a key and a folder made for the audit. A check looks at what came through, what the server saw, and what the log says. It shows that this agentk kept the promise in this run, on this machine; tests look at far more cases.",
  "supply-chain": `A project with a package.json. npm makes the bill of materials from the lock, for all packages, those for development too; \`--sbom FILE\` writes it. A licence that was looked at by a human is excepted by a line \`NAME@VERSION REASON\` in \`${ALLOWED_LICENCES}\`. Advisories are the registry's; where it cannot be asked there is a warning, never an ok.`,
};

const HEAD = `# readiness and release-audit

\`\`\`sh
agentk readiness                     # repository, keys, policies: looks, and starts nothing but git
agentk release-audit                 # those, and runtime and supply-chain
agentk release-audit --list          # the checks
agentk release-audit --only run.pins --only keys --strict --json --sarif audit.sarif
\`\`\`

Both work in any folder (\`--repo\`). A check comes out as \`ok\`, \`warn\`, \`fail\`, or \`n/a\` where there is nothing for it to
look at, and says in a line what it saw. One that cannot see has failed. Exit status, with \`--json\` as without: 0 passed, 2 a
check failed (with \`--strict\`: or warned), 1 the audit could not be done. \`--agentk FILE\` audits another agentk than the one
that runs. [ci.md](ci.md) puts it into CI.
`;

function printed(): string {
  const parts = AUDIT_GROUPS.map((group) => {
    const rows = AUDIT_CHECKS.filter((check) => check.group === group).map(
      ({ id, title, fails }) => `| \`${id}\` | ${title} | ${fails} |`,
    );
    return [
      `\n## ${group}\n`,
      ABOUT[group],
      "",
      "| check | holds that | fails when |",
      "|---|---|---|",
      ...rows,
      "",
    ].join("\n");
  });
  return `${HEAD}${parts.join("")}`;
}

test("the page on the checks is the list of checks", async () => {
  await expect(printed()).toMatchFileSnapshot(fileURLToPath(new URL("../../docs/release-audit.md", import.meta.url)));
});
