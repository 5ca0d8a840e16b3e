const POLYNOMIAL = 0x82f63b78;
/** So many octets are looked up at once. */
const STRIDE = 8;

/** Of each octet: what is left of it after itself, and after so many octets of zeros behind it. */
const TABLES = createTables();

function createTables(): Uint32Array {
  const tables = new Uint32Array(STRIDE * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    tables[byte] = remainder;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (tables[before & 0xff] as number) ^ (before >>> 8);
  }
  return tables;
}

/** CRC-32 with Castagnoli's polynomial; `crc` is that of what came before. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const table = TABLES;
  const { length } = bytes;
  let low = ~crc;
  let at = 0;
  for (const end = length - STRIDE; at <= end; at += STRIDE) {
    low ^= wordAt(bytes, at);
    const high = wordAt(bytes, at + 4);
    low =
      (table[1792 + (low & 0xff)] as number) ^
      (table[1536 + ((low >>> 8) & 0xff)] as number) ^
      (table[1280 + ((low >>> 16) & 0xff)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (high & 0xff)] as number) ^
      (table[512 + ((high >>> 8) & 0xff)] as number) ^
      (table[256 + ((high >>> 16) & 0xff)] as number) ^
      (table[high >>> 24] as number);
  }
  for (; at < length; at++) low = (table[(low ^ (bytes[at] as number)) & 0xff] as number) ^ (low >>> 8);
  return ~low >>> 0;
}

/** Four octets, the first one lowest. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
