import { describe, expect, it } from "vitest";
import { uriProblem } from "../../../src/mcp/methods/resource-uri.js";

describe("a resource's URI", () => {
  it.each([
    "file:///home/me/a.txt",
    "file:///home/me/M%C3%BCller%20x.txt",
    "file:///home/me/Müller.txt",
    "https://docs.example",
    "HTTPS://Docs.example/a?x=1#y",
    "demo://resource/static/document/a.md",
    "memo:insights",
    "mail:ada.lovelace@x.example",
    "git://repo/file...txt",
  ])("%s names one place", (uri) => {
    expect(uriProblem(uri)).toBeUndefined();
  });

  it.each([
    "",
    "/etc/passwd",
    "a.txt",
    "file:///a/../b",
    "file:///a/./b",
    "file:///a/..",
    "memo:../x",
    "demo://x/%2e%2e/y",
    "demo://x/%2Fy",
    "demo://x/%5cy",
    "demo://x/%252e",
    "demo://x/%00",
    "demo://x/%zz",
    "demo://x/%ff",
    "file:///a\\b",
    "https://u:p@h.example/",
    "https://u@h.example/",
    "https://@h.example/",
    "https://h.example:443/",
    "https:h.example/",
    "https://h\u00e4user.example/",
    "file://localhost/a",
    "file:/a",
    "file:///a b",
    "file:///a\tb",
    "file:///a\u200bb",
    "file:///a\u202eb",
    "https://0x7f.1/",
    `file:///${"a".repeat(9000)}`,
  ])("%j is refused", (uri) => {
    expect(uriProblem(uri)).toBeDefined();
  });
});
