/** Addresses that a public name must not have, and names that are found once. */
import { describe, expect, test } from "vitest";
import { AddressRefused, isPublicAddress, pinnedLookup, type Resolve } from "../../src/host/http-address.js";

describe("public addresses", () => {
  test.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])("%s is one", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    ...[
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.31.255.255",
      "192.168.0.1",
      "224.0.0.1",
    ],
    ...["255.255.255.255", "::", "::1", "::ffff:1.1.1.1", "::ffff:7f00:1", "64:ff9b::a00:1", "2002:a00:1::", "fc00::1"],
    ...["fe80::1", "ff02::1", "2001:db8::1", "localhost", ""],
  ])("%s is none", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

function looked(lookup: ReturnType<typeof pinnedLookup>, name: string): Promise<unknown> {
  return new Promise((resolve) => {
    lookup(name, { all: true }, (error, addresses) => {
      resolve(error ?? addresses);
    });
  });
}

describe("a name", () => {
  test("that changes its address after the check keeps the one that was checked", async () => {
    const answers = ["1.1.1.1", "127.0.0.1"];
    const resolve: Resolve = () => Promise.resolve([{ address: answers.shift() ?? "", family: 4 }]);
    const lookup = pinnedLookup(isPublicAddress, resolve);
    for (let i = 0; i < 3; i++) expect(await looked(lookup, "a.example")).toEqual([{ address: "1.1.1.1", family: 4 }]);
    expect(answers).toHaveLength(1);
  });

  test("with one private address among public ones is refused, and stays refused", async () => {
    const addresses = [
      { address: "1.1.1.1", family: 4 },
      { address: "10.0.0.1", family: 4 },
    ];
    const lookup = pinnedLookup(isPublicAddress, () => Promise.resolve(addresses.splice(0, 2)));
    expect(await looked(lookup, "a.example")).toBeInstanceOf(AddressRefused);
    expect(await looked(lookup, "a.example")).toBeInstanceOf(AddressRefused);
  });
});
