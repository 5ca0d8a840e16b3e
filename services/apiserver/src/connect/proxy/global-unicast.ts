import { BlockList, isIP } from "node:net";

/** Addresses that stand for something else than one machine elsewhere. */
const others = new BlockList();
others.addAddress("0.0.0.0");
others.addAddress("255.255.255.255");
others.addSubnet("127.0.0.0", 8);
others.addSubnet("169.254.0.0", 16);
others.addSubnet("224.0.0.0", 4);
others.addAddress("::", "ipv6");
others.addAddress("::1", "ipv6");
others.addSubnet("fe80::", 10, "ipv6");
others.addSubnet("ff00::", 8, "ipv6");

/** Whether requests may be sent on to `address`: never to the server's own loopback or its link, where what listens trusts its neighbours. */
export function isGlobalUnicast(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !others.check(address, family === 6 ? "ipv6" : "ipv4");
}
