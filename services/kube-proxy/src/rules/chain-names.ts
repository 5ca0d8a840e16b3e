import { createHash } from "node:crypto";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HASH_LENGTH = 16;

/** Upstream's chain names: a prefix and the first 16 base-32 digits of the SHA-256 of what the chain is for. */
export const serviceChain = (name: string, protocol: string) => `KUBE-SVC-${hash(`${name}${protocol.toLowerCase()}`)}`;
export const localServiceChain = (name: string, protocol: string) =>
  `KUBE-SVL-${hash(`${name}${protocol.toLowerCase()}`)}`;
export const externalChain = (name: string, protocol: string) => `KUBE-EXT-${hash(`${name}${protocol.toLowerCase()}`)}`;
export const endpointChain = (name: string, protocol: string, endpoint: string) =>
  `KUBE-SEP-${hash(`${name}${protocol.toLowerCase()}${endpoint}`)}`;

/** Chains this proxy makes one of for each Service or endpoint, and removes when they are no longer needed. */
export function isOwnChain(chain: string): boolean {
  return /^KUBE-(SVC|SVL|EXT|SEP)-[A-Z2-7]{16}$/.test(chain);
}

function hash(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  let bits = 0;
  let value = 0;
  let result = "";
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && result.length < HASH_LENGTH) {
      result += BASE32[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return result;
}
