/** What the audit looks at: it fails where git does not look, makes git run nothing of the project's, and waits for no pipe. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditOf, idsOf, Project } from "./project.js";

/** Checks that ask git, in a project where each of them can be asked. */
const ASKS = ["repo.committed", "repo.whitespace", "repo.ignored-artifacts", "repo.docs", "repo.secrets"];

describe("a repository that git does not look into", () => {
  test.each([
    ["one of a format that it does not know", "[core]\n\trepositoryformatversion = 99\n", {}],
    ["any, where there is no git", undefined, { PATH: "/nonexistent" }],
  ])("%s, fails each check that asks it", async (_, config, more) => {
    const project = new Project();
    if (config !== undefined) project.put(".git/config", config);
    const { checks } = await auditOf({ repo: project.repo, env: { ...project.env, ...more } }, ASKS);
    expect(idsOf(checks, "fail")).toEqual(ASKS);
    for (const { result } of checks) expect(result.detail).toContain("git cannot look into the repository");
  });

  test("is told from a folder that is none, also from one below it", async () => {
    const project = new Project();
    project.put(".git/config", "[core]\n\trepositoryformatversion = 99\n");
    mkdirSync(join(project.repo, "below"));
    const { checks } = await auditOf({ repo: join(project.repo, "below"), env: project.env }, ["repo.committed"]);
    expect(idsOf(checks, "fail")).toEqual(["repo.committed"]);
  });
});

test("a filter of a submodule is not run: what lies in it is no file of the project's", async () => {
  const [project, other] = [new Project(), new Project()];
  const ran = join(project.repo, "..", "ran");
  project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.repo, "part");
  project.commit();
  project.git("-C", "part", "config", "filter.x.clean", `touch '${ran}'; cat`);
  project.put(".git/modules/part/info/attributes", "* filter=x\n");
  project.put("part/README.md", "another text\n");
  const { checks } = await auditOf({ repo: project.repo, env: project.env }, ["repo.committed", "repo.whitespace"]);
  expect(existsSync(ran)).toBe(false);
  expect(idsOf(checks, "ok")).toEqual(["repo.committed", "repo.whitespace"]);
});

test.each(["package.json", "package-lock.json", "policies/own.cases.toml"])(
  "a pipe is not waited for: %s",
  async (file) => {
    const project = new Project();
    rmSync(join(project.repo, file));
    execFileSync("mkfifo", [join(project.repo, file)]);
    const { checks } = await auditOf({ repo: project.repo, env: project.env }, [
      "repo.own-docs",
      "policies",
      "supply.lock",
    ]);
    expect(idsOf(checks, "fail", "not-applicable", "warn").length).toBeGreaterThan(0);
  },
);

test.each(["x", "a=b"])("a filter of the project's own configuration is not run: %s", async (name) => {
  const project = new Project();
  const ran = join(project.repo, "..", "ran");
  for (const kind of ["clean", "process"]) project.git("config", `filter.${name}.${kind}`, `touch '${ran}'; cat`);
  project.git("config", `filter.${name}.required`, "true");
  project.put(".git/info/attributes", `* filter=${name}\n`);
  project.put("README.md", "another text\n");
  const { checks } = await auditOf({ repo: project.repo, env: project.env }, ASKS);
  expect(idsOf(checks, "fail")).toEqual([]);
  expect(existsSync(ran)).toBe(false);
});
