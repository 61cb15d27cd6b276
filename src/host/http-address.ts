/** Which addresses belong to the public network, and a name's addresses found once, checked and kept (against DNS rebinding). */
import { lookup as lookupName } from "node:dns/promises";
import { BlockList, isIP, isIPv4, type LookupFunction } from "node:net";

/** IANA special-purpose registries, IPv4 and IPv6: what is not reachable from everywhere. */
const PRIVATE_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4"],
  "240.0.0.0/4",
] as const;
/** Among them what carries an IPv4 address within: no public name needs it, and it could be a private one. */
const PRIVATE_V6 = [
  ...[
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
  ],
  ...["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "3fff::/20", "5f00::/16"],
] as const;

// Two lists: in one, a rule for IPv4-mapped addresses would be one for all of IPv4.
const privateV4 = blockList(PRIVATE_V4, "ipv4");
const privateV6 = blockList(PRIVATE_V6, "ipv6");

function blockList(subnets: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** True for an address that any machine of the public network could have. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  return isIPv4(address) ? !privateV4.check(address, "ipv4") : !privateV6.check(address, "ipv6");
}

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name. Rejects with the system's error. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

export const resolveName: Resolve = (name) => lookupName(name, { all: true, verbatim: true });

/** The name has an address that it must not have. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/**
 * A `lookup` for connections: the name is resolved once, all its addresses are held against `mayBe`, and every
 * connection goes to these. INVARIANT: what was checked is what is connected to.
 */
export function pinnedLookup(mayBe: (address: string) => boolean, resolve: Resolve = resolveName): LookupFunction {
  const found = new Map<string, Promise<readonly Address[]>>();
  const checked = async (name: string): Promise<readonly Address[]> => {
    const addresses = await resolve(name);
    if (addresses.length > 0 && addresses.every(({ address }) => mayBe(address))) return addresses;
    throw new AddressRefused("the name has an address that it must not have");
  };
  return (name, options, callback) => {
    const known = found.get(name) ?? checked(name);
    found.set(name, known);
    known.then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => {
        // An answer that could not be had may be had later; one that is refused stays so.
        if (!(error instanceof AddressRefused)) found.delete(name);
        callback(error as NodeJS.ErrnoException, "");
      },
    );
  };
}
