import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERAS, settleProbe, stepEra, type Era } from "../../../src/mcp/modern/era.js";
import type { Message } from "../../../src/mcp/wire/message.js";
import { bare, message, notification, request } from "./fixture.js";

const KINDS: Readonly<Record<string, Message>> = {
  initialize: bare(1, "initialize", { protocolVersion: "2025-11-25" }),
  "enveloped initialize": request(1, "initialize", { protocolVersion: "2025-11-25" }),
  discover: request(1, "server/discover"),
  "bare discover": bare(1, "server/discover", {}),
  enveloped: request(1, "tools/call", { name: "t" }),
  bare: bare(1, "tools/call", { name: "t" }),
  ping: bare(1, "ping"),
  initialized: notification("notifications/initialized"),
  answer: message('{"jsonrpc":"2.0","id":1,"result":{}}'),
};

const TABLE: Readonly<Record<keyof typeof KINDS, Readonly<Record<Era, string>>>> = {
  initialize: { opening: "legacy legacy", probing: "legacy legacy", legacy: "legacy legacy", modern: "crossed modern" },
  "enveloped initialize": {
    opening: "modern probing",
    probing: "modern probing",
    legacy: "crossed legacy",
    modern: "modern modern",
  },
  discover: { opening: "modern opening", probing: "modern probing", legacy: "legacy legacy", modern: "modern modern" },
  "bare discover": {
    opening: "modern opening",
    probing: "modern probing",
    legacy: "legacy legacy",
    modern: "modern modern",
  },
  enveloped: {
    opening: "modern probing",
    probing: "modern probing",
    legacy: "crossed legacy",
    modern: "modern modern",
  },
  bare: { opening: "legacy opening", probing: "legacy probing", legacy: "legacy legacy", modern: "modern modern" },
  ping: { opening: "legacy opening", probing: "legacy probing", legacy: "legacy legacy", modern: "modern modern" },
  initialized: {
    opening: "legacy opening",
    probing: "modern probing",
    legacy: "legacy legacy",
    modern: "modern modern",
  },
  answer: { opening: "legacy opening", probing: "legacy probing", legacy: "legacy legacy", modern: "modern modern" },
};

describe("the era of a connection", () => {
  it.each(Object.keys(KINDS).flatMap((kind) => ERAS.map((era) => [kind, era] as const)))("%s when %s", (kind, era) => {
    const { course, era: next } = stepEra(era, KINDS[kind] ?? bare(1, "ping"));
    expect(`${course} ${next}`).toBe(TABLE[kind]?.[era]);
  });

  it("is modern by a result or an error that only this revision has, and where it was by any other", () => {
    const error = (code: number) => settleProbe("probing", { kind: "error", code });
    expect(settleProbe("probing", { kind: "result" })).toBe("modern");
    expect([-32020, -32021, -32022].map(error)).toEqual(["modern", "modern", "modern"]);
    expect([-32601, -32600, -32602, -32019, -32023, 0].map(error)).toEqual(Array.from({ length: 6 }, () => "opening"));
    expect(settleProbe("probing", { kind: "nothing" })).toBe("opening");
  });

  it("never changes once it is settled, whatever comes", () => {
    const messages = fc.array(fc.constantFrom(...Object.values(KINDS)));
    fc.assert(
      fc.property(fc.constantFrom<Era>("legacy", "modern"), messages, (era, given) => {
        let now = era;
        for (const one of given) {
          const step = stepEra(now, one);
          expect([era, "crossed"]).toContain(step.course);
          now = settleProbe(step.era, { kind: "error", code: -32601 });
          expect(now).toBe(era);
        }
      }),
    );
  });
});
