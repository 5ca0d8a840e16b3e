import { BlockList, isIPv6 } from "node:net";

/** Whether an address is one that Services can have of this range: not the network's own, nor, of IPv4, the broadcast address. */
export function containsAddress(range: string, address: string): boolean {
  if (!contains(range, address)) return false;
  const [base = "", length = ""] = range.split("/");
  if (isIPv6(address)) return address !== base;
  const offset = toNumber(address) - toNumber(base);
  return offset !== 0 && offset !== 2 ** (32 - Number(length)) - 1;
}

/** Whether all of `inner` is in `outer`. */
export function containsRange(outer: string, inner: string): boolean {
  const [base = "", length = ""] = inner.split("/");
  return Number(outer.split("/")[1]) <= Number(length) && contains(outer, base);
}

function contains(range: string, address: string): boolean {
  const [base = "", length = ""] = range.split("/");
  if (isIPv6(base) !== isIPv6(address)) return false;
  const family = isIPv6(base) ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(base, Number(length), family);
  return list.check(address, family);
}

function toNumber(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}
