import { EvaluationError, OpaqueValue } from "../values/value.ts";
import {
  type Address,
  formatAddress,
  maskAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from "./address.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

class IpValue extends OpaqueValue {
  readonly typeName = "net.IP";
  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  equals(other: OpaqueValue): boolean {
    return (
      other instanceof IpValue &&
      other.address.family === this.address.family &&
      other.address.bits === this.address.bits
    );
  }
}

class CidrValue extends OpaqueValue {
  readonly typeName = "net.CIDR";
  readonly prefix: Prefix;

  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }

  equals(other: OpaqueValue): boolean {
    return (
      other instanceof CidrValue &&
      other.prefix.length === this.prefix.length &&
      new IpValue(other.prefix.address).equals(new IpValue(this.prefix.address))
    );
  }
}

function toIp(text: string): IpValue {
  const address = parseAddress(text);
  if (!address)
    throw new EvaluationError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new IpValue(address);
}

function toCidr(text: string): CidrValue {
  const prefix = parsePrefix(text);
  if (!prefix)
    throw new EvaluationError(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return new CidrValue(prefix);
}

const within = (address: Address, ...prefixes: string[]) =>
  prefixes.some((text) => prefixContains(parsePrefix(text) as Prefix, address));
const isLoopback = (address: Address) => within(address, "127.0.0.0/8", "::1/128");
const isLinkLocalMulticast = (address: Address) =>
  within(address, "224.0.0.0/24") || (address.family === 6 && ((address.bits >> 112n) & 0xff0fn) === 0xff02n);
const isLinkLocalUnicast = (address: Address) => within(address, "169.254.0.0/16", "fe80::/10");
const isMulticast = (address: Address) => within(address, "224.0.0.0/4", "ff00::/8");
const isGlobalUnicast = (address: Address) =>
  !(address.family === 4 && address.bits === 0xffffffffn) &&
  address.bits !== 0n &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocalUnicast(address);

const question = (ask: (address: Address) => boolean) =>
  overloads(["net.IP.(): bool"], (ip: IpValue) => ask(ip.address));

function containsCidr(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && prefixContains(outer, inner.address);
}

function isCanonical(text: string): boolean {
  return formatAddress(toIp(text).address) === text;
}

function prefixText({ address, length }: Prefix): string {
  return `${formatAddress(address)}/${length}`;
}

export const networks: Library = [
  ["ip", overloads(["(string): net.IP"], toIp, byAllSizes)],
  ["isIP", overloads(["(string): bool"], (text: string) => parseAddress(text) !== undefined, byAllSizes)],
  ["ip.isCanonical", overloads(["(string): bool"], isCanonical, byAllSizes)],
  ["family", overloads(["net.IP.(): int"], (ip: IpValue) => BigInt(ip.address.family))],
  ["isUnspecified", question(({ bits }) => bits === 0n)],
  ["isLoopback", question(isLoopback)],
  ["isLinkLocalMulticast", question(isLinkLocalMulticast)],
  ["isLinkLocalUnicast", question(isLinkLocalUnicast)],
  ["isGlobalUnicast", question(isGlobalUnicast)],
  ["string", overloads(["(net.IP): string"], (ip: IpValue) => formatAddress(ip.address))],
  ["string", overloads(["(net.CIDR): string"], (cidr: CidrValue) => prefixText(cidr.prefix))],
  ["cidr", overloads(["(string): net.CIDR"], toCidr, byAllSizes)],
  ["isCIDR", overloads(["(string): bool"], (text: string) => parsePrefix(text) !== undefined, byAllSizes)],
  [
    "containsIP",
    overloads(["net.CIDR.(string): bool"], (cidr: CidrValue, text: string) =>
      prefixContains(cidr.prefix, toIp(text).address),
    ),
  ],
  [
    "containsIP",
    overloads(["net.CIDR.(net.IP): bool"], (cidr: CidrValue, ip: IpValue) => prefixContains(cidr.prefix, ip.address)),
  ],
  [
    "containsCIDR",
    overloads(["net.CIDR.(string): bool"], (cidr: CidrValue, text: string) =>
      containsCidr(cidr.prefix, toCidr(text).prefix),
    ),
  ],
  [
    "containsCIDR",
    overloads(["net.CIDR.(net.CIDR): bool"], (cidr: CidrValue, other: CidrValue) =>
      containsCidr(cidr.prefix, other.prefix),
    ),
  ],
  ["ip", overloads(["net.CIDR.(): net.IP"], (cidr: CidrValue) => new IpValue(cidr.prefix.address))],
  [
    "masked",
    overloads(
      ["net.CIDR.(): net.CIDR"],
      ({ prefix }: CidrValue) => new CidrValue({ address: maskAddress(prefix), length: prefix.length }),
    ),
  ],
  ["prefixLength", overloads(["net.CIDR.(): int"], (cidr: CidrValue) => BigInt(cidr.prefix.length))],
];
