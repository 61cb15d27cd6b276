/** What the scan takes for a secret, and what it does not. Secrets are put together here: this file is scanned too. */
import { expect, test } from "vitest";
import { SECRET_PATTERNS, secretsIn } from "../../../src/app/audit/secret-patterns.js";

const MIXED = "q7Zp0Lx2Vb9Kt4Wm8Rc1Nd6Hs3Jf5Gy0Ae2Tu";
const HEX = "9f3c5ab1".repeat(8);

/** By the pattern that must find it; `hex` is that of key files. */
const FOUND: Readonly<Record<string, readonly (readonly [file: string, ...parts: string[]])[]>> = {
  "private-key-pem": [
    ["a.txt", "-----BEGIN RSA PRIVATE", " KEY-----\nMIIEpAIBAAKCAQEA1234"],
    ["a.json", '"-----BEGIN PRIVATE', ' KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B"'],
  ],
  "aws-key-id": [["a.sh", "export AWS=AK", "IAABCDEFGH23456789"]],
  "github-token": [
    ["a.yml", "token: gh", "p_", MIXED],
    ["a.yml", "token: github", "_pat_", MIXED, MIXED],
  ],
  "slack-token": [["a.py", "xo", "xb-123456789012-abcdefghij"]],
  "model-api-key": [["a.env", "KEY=s", "k-proj-", MIXED]],
  "named-secret": [
    ["a.js", "const apiKey", ` = "${MIXED}"`],
    ["a.yml", "client_secret", `: '${MIXED}'`],
  ],
  hex: [
    ["keys/signing.key", HEX],
    ["deploy/prod-seed", "x\n", HEX],
  ],
};

test("each pattern finds its own, with the line, and an allow comment with a reason excepts it", () => {
  expect(Object.keys(FOUND)).toEqual([...SECRET_PATTERNS.map(({ id }) => id), "hex"]);
  for (const [id, texts] of Object.entries(FOUND)) {
    for (const [file, ...parts] of texts) {
      const text = `first\n${parts.join("")}\n`;
      const hits = secretsIn(file, text);
      expect(
        hits.map(({ line }) => line),
        id,
      ).toEqual([text.endsWith(`x\n${HEX}\n`) ? 3 : 2]);
      if (hits[0]?.line !== 2) continue;
      expect(secretsIn(file, text.replace("first", "# agentk:allow-secret made up")), id).toEqual([]);
      expect(secretsIn(file, text.replace("first", "# agentk:allow-secret")), id).toHaveLength(1);
    }
  }
});

test.each([
  ["a.ts", "const token = 'this-is-the-name-of-a-token-kind';"],
  ["a.ts", "password: 'correct horse battery staple, of course'"],
  ["a.md", "AKIAIOSFODNN7EXAMPLE"],
  ["a.md", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA1234567890"],
  ["a.md", "-----BEGIN PRIVATE KEY----- is how such a file begins"],
  ["a.ts", `const digest = "${HEX}";`],
  ["a.css", "mask-image: url(sk-thing-and-more-words-that-are-not-random-at-all)"],
])("%s: %j is none", (file, text) => {
  expect(secretsIn(file, text)).toEqual([]);
});

test.each(["-----BEGIN ", "ghp_", "sk-a-", "secret_", "token = '", "AKIA", "\n"])(
  "two megabytes of %j take no time worth speaking of, and hold nothing",
  (part) => {
    expect(secretsIn("a.key", part.repeat(Math.ceil((2 * 1024 * 1024) / part.length)))).toEqual([]);
  },
);
