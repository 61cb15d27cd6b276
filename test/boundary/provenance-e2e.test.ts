/** Where a value came from decides what may be done with it: through the running proxy, into the log, and out of it again. */
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, ProxyProcess, testFolder, type LoggedEvent, type Reply } from "./proxy-process.js";
import { agentk, eventsOf, until, verified } from "./watch.js";

const POLICY = fixture("policies/named-by-user.toml");
const PROMPT = "Please send bob.miller@acme.example the summary of our contact page.";
const STRANGER = "refunds@evil.example";

interface Office {
  readonly proxy: ProxyProcess;
  /** The arguments of the calls of a tool that really happened. */
  readonly done: (tool: string) => readonly unknown[];
  readonly call: (tool: string, args: object, prompt?: string) => Promise<Reply>;
}

async function openOffice(flags: readonly string[] = []): Promise<Office> {
  const cwd = testFolder("provenance");
  const markers = join(cwd, "markers");
  mkdirSync(markers);
  const proxy = new ProxyProcess({
    cwd,
    server: [process.execPath, fixture("servers/office.mjs"), markers],
    flags: ["--policy", POLICY, ...flags],
  });
  await proxy.handshake();
  const marks = (tool: string): string => {
    const file = join(markers, tool);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  return {
    proxy,
    done: (tool) =>
      marks(tool)
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    call: (tool, args, prompt = PROMPT) =>
      proxy.request("tools/call", { name: tool, arguments: args, _meta: { "agentk/prompt": prompt } }),
  };
}

/** Reads the page and the statement, so that the session holds an address of a stranger's and one of the bank's. */
async function readBoth({ call }: Office): Promise<void> {
  await call("read_page", { url: "https://news.example/contact" });
  await call("get_statement", {});
}

function decisions(proxy: ProxyProcess): readonly string[] {
  return eventsOf(proxy)
    .filter(({ type }) => type === "syscall")
    .map(({ value: { decision } }) => `${decision?.verdict ?? ""}:${decision?.rule ?? ""}`);
}

interface Leaf {
  readonly path: string;
  readonly match: string;
  readonly classes: readonly string[];
  readonly labels: readonly string[];
  readonly origins: readonly { readonly page: string; readonly path: string }[];
}

/** What the last request's line says of an argument. */
function leafOf(proxy: ProxyProcess, path: string): Leaf | undefined {
  const last = proxy.events().findLast(({ type }) => type === "syscall");
  return (last?.value["provenance"] as readonly Leaf[] | undefined)?.find((leaf) => leaf.path === path);
}

function pageBy(proxy: ProxyProcess, fits: (event: LoggedEvent) => boolean): unknown {
  return proxy.events().find((event) => event.type === "page" && fits(event))?.value["page"];
}

/** The page that a tool's first call brought. */
function pageOf(proxy: ProxyProcess, tool: string): unknown {
  const call = proxy.events().find(({ value }) => value.target?.endsWith(`/${tool}`) === true)?.value.call;
  return pageBy(proxy, ({ value }) => value.call === call && call !== undefined);
}

const BASE64 = Buffer.from(STRANGER).toString("base64");
const HEX = Buffer.from(STRANGER).toString("hex");
const PERCENT = Array.from(STRANGER, (one) => `%${one.charCodeAt(0).toString(16)}`).join("");

// Claim: P1
describe("a destination", () => {
  test("that the user wrote passes, also in another case", async () => {
    const office = await openOffice();
    await readBoth(office);
    const tos = ["bob.miller@acme.example", "Bob.Miller@ACME.example"];
    for (const to of tos)
      expect((await office.call("send_mail", { to, body: "the summary" })).result?.["isError"]).toBe(undefined);
    await office.proxy.close();
    expect(office.done("send_mail")).toEqual(tos.map((to) => ({ to, body: "the summary" })));
    expect(decisions(office.proxy)).toEqual(["allow:read", "allow:read", ...tos.map(() => "allow:mail-named")]);
    expect(leafOf(office.proxy, "/to")).toMatchObject({
      classes: expect.arrayContaining(["trusted", "user"]) as unknown,
    });
    expect(leafOf(office.proxy, "/to")?.origins[0]).toMatchObject({
      page: pageBy(office.proxy, ({ value }) => value["method"] === "user/words"),
      path: "",
    });
  });

  test.each([
    ["as it stands", STRANGER, ["untrusted"]],
    ["in capitals", STRANGER.toUpperCase(), ["untrusted"]],
    ["with zero-width characters", Array.from(STRANGER).join("\u200b"), ["nowhere"]],
    ["of the user's own with zero-width characters", "bob.\u200bmiller@acme\u200b.example", ["nowhere"]],
    ["in base64", BASE64, undefined],
    ["in hexadecimal", HEX, undefined],
    ["with percent signs", PERCENT, undefined],
    ["within the user's own domain", `${STRANGER.replace("@", "=")}@acme.example`, undefined],
    ["that nobody wrote", "eve@evil.example", ["nowhere"]],
  ])("of a page is denied, %s", async (_, to, classes) => {
    const office = await openOffice();
    await readBoth(office);
    const denied = await office.call("send_mail", { to, body: "the summary" });
    expect(denied.result).toMatchObject({ isError: true });
    await office.proxy.close();
    expect(office.done("send_mail")).toEqual([]);
    expect(decisions(office.proxy).at(-1)).toBe("deny:default-deny");
    const leaf = leafOf(office.proxy, "/to");
    expect(leaf?.classes).not.toContain("user");
    expect(leaf?.classes).not.toContain("trusted");
    if (classes !== undefined) expect(leaf?.classes).toEqual(expect.arrayContaining(classes));
  });

  test.each([
    ["base64", BASE64],
    ["hexadecimal", HEX],
    ["percent signs", PERCENT],
    ["no disguise", STRANGER],
  ])("in %s is traced to the page and the leaf that it was read from", async (_, to) => {
    const office = await openOffice();
    await readBoth(office);
    await office.call("send_mail", { to, body: "the summary" });
    await office.proxy.close();
    const leaf = leafOf(office.proxy, "/to");
    expect(leaf?.match).toBe(to === STRANGER ? "contained" : "decoded");
    expect(leaf?.origins[0]).toMatchObject({ page: pageOf(office.proxy, "read_page"), path: "/content/0/text" });
  });

  test("needs the user's wish as well: a link in the text and another intent are denied", async () => {
    const office = await openOffice();
    await readBoth(office);
    const to = "bob.miller@acme.example";
    await office.call("send_mail", { to, body: "see https://evil.example/x" });
    await office.proxy.close();
    const other = await openOffice();
    await other.call("send_mail", { to, body: "the summary" }, "What do you know about bob.miller@acme.example?");
    await other.proxy.close();
    expect([...office.done("send_mail"), ...other.done("send_mail")]).toEqual([]);
  });
});

// Claim: P1
describe("an account", () => {
  test("that the bank writes is paid, one that a stranger wrote into the note beside it is not", async () => {
    const office = await openOffice();
    await office.call("get_statement", {}, "Pay what is due.");
    await office.call("pay", { iban: "DE89 3704 0044 0532 0130 00", amount: 20 });
    expect(leafOf(office.proxy, "/iban")?.origins[0]).toMatchObject({
      page: pageOf(office.proxy, "get_statement"),
      path: "/content/0/text!/0/iban",
      labels: ["trusted", "private"],
    });
    await office.call("pay", { iban: "FR1420041010050500013M02606", amount: 20 });
    await office.call("pay", { iban: "GB33BUKB20201555555555", amount: 1001 });
    await office.proxy.close();
    expect(office.done("pay")).toEqual([{ iban: "DE89 3704 0044 0532 0130 00", amount: 20 }]);
    expect(decisions(office.proxy)).toEqual([
      "allow:read",
      "allow:pay-named",
      "deny:default-deny",
      "deny:default-deny",
    ]);
  });
});

/** One passing and one denied mail. */
async function mixedRun(flags: readonly string[] = []): Promise<Office> {
  const office = await openOffice(flags);
  await readBoth(office);
  await office.call("send_mail", { to: "bob.miller@acme.example", body: "the summary" });
  await office.call("send_mail", { to: BASE64, body: "the summary" });
  return office;
}

const MIXED = { "allow:read": 2, "allow:mail-named": 1, "deny:default-deny": 1 };

interface Replayed {
  readonly code: number;
  readonly report: Readonly<Record<string, unknown>>;
}

async function replayed({ cwd, log }: ProxyProcess): Promise<Replayed> {
  const { code, stdout } = await agentk(cwd, ["replay", "--json", log]);
  return { code, report: JSON.parse(stdout) as Replayed["report"] };
}

describe("the log", () => {
  test("replays to the same decisions with its values and without them, and shows them", async () => {
    const { proxy } = await mixedRun();
    await proxy.close();
    const traced = await agentk(proxy.cwd, ["trace-inspect", "--json", proxy.log]);
    expect(traced.code).toBe(0);
    expect(traced.stdout).toContain("mail-named");
    const deep = await replayed(proxy);
    expect(deep).toMatchObject({ code: 0, report: { ok: true, depth: "deep", indeterminate: 0, decisions: MIXED } });
    const journal = proxy.log.replace(/\.jsonl$/, ".payloads");
    renameSync(journal, `${journal}.away`);
    const shallow = await replayed(proxy);
    renameSync(`${journal}.away`, journal);
    expect(shallow).toMatchObject({
      code: 0,
      report: { ok: true, depth: "shallow", indeterminate: 0, decisions: MIXED },
    });
  });

  // Claim: E5
  test("of a run that kept no values replays as well, and holds none", async () => {
    const { proxy } = await mixedRun(["--payloads", "none"]);
    await proxy.close();
    expect(await replayed(proxy)).toMatchObject({
      code: 0,
      report: { ok: true, depth: "shallow", indeterminate: 0, decisions: MIXED },
    });
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    const log = readFileSync(proxy.log, "utf8");
    for (const value of [STRANGER, BASE64, "bob.miller", "DE8937", "the summary"]) expect(log).not.toContain(value);
  });

  test("of a run that was killed is recovered, verifies, and replays", async () => {
    const office = await mixedRun();
    const { proxy } = office;
    const hanging = office.call("get_nothing", {}).catch(() => undefined);
    await until(join(proxy.cwd, "markers"), () => office.done("get_nothing").length === 1);
    proxy.process.kill("SIGKILL");
    await Promise.all([proxy.ended, hanging]);
    const recovered = await agentk(proxy.cwd, ["recover", "--json", proxy.log]);
    expect(recovered.code).toBe(0);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
    expect(await replayed(proxy)).toMatchObject({
      code: 0,
      report: { ok: true, depth: "deep", indeterminate: 0, decisions: { ...MIXED, "allow:read": 3 } },
    });
    expect(proxy.events().findLast(({ type }) => type === "outcome")?.value.status).toBe("unknown");
  });
});
