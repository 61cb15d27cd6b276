import { describe, expect, it } from "vitest";
import { childEnvironment } from "../../src/host/child-environment.js";

const parent = { PATH: "/bin", TOKEN: "t", HOME: "/h", EMPTY: "", "odd-name": "x" };

describe("a child's environment", () => {
  it("is PATH and what was named", () => {
    expect(childEnvironment(parent, [])).toEqual({ ok: true, value: { PATH: "/bin" } });
    expect(childEnvironment(parent, ["TOKEN", "EMPTY"])).toEqual({
      ok: true,
      value: { PATH: "/bin", TOKEN: "t", EMPTY: "" },
    });
    expect(childEnvironment({ HOME: "/h" }, [])).toEqual({ ok: true, value: {} });
  });

  it("names the variable that is not there", () => {
    const missing = "the environment variable `NOPE` is not set";
    expect(childEnvironment(parent, ["TOKEN", "NOPE"])).toEqual({ ok: false, error: missing });
    expect(childEnvironment(parent, ["toString"]).ok).toBe(false);
  });

  it.each(["", "odd-name", "1A", "A=B", "A B", "Ä"])("refuses the name %j", (name) => {
    expect(childEnvironment({ ...parent, [name]: "x" }, [name])).toEqual({
      ok: false,
      error: `\`${name}\` is not the name of an environment variable`,
    });
  });

  it("treats a variable called __proto__ as a variable", () => {
    const odd = Object.fromEntries([["__proto__", "x"]]);
    const made = childEnvironment(odd, ["__proto__"]);
    expect(made.ok && Object.entries(made.value)).toEqual([["__proto__", "x"]]);
  });
});
