import type { Prng } from "./prng.ts";

/** The alphabet of Kubernetes' generated names: no vowels, no look-alikes, so that no words appear by chance. */
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** `length` characters fit for the end of an object's name. */
export function randomNameSuffix(prng: Prng, length = 5): string {
  let text = "";
  for (let i = 0; i < length; i++) text += NAME_ALPHABET[prng.integer(NAME_ALPHABET.length)];
  return text;
}

/** Maps a number's decimal digits onto the name alphabet, as Kubernetes does with pod-template hashes. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (const character of text) encoded += NAME_ALPHABET[character.charCodeAt(0) % NAME_ALPHABET.length];
  return encoded;
}

/** FNV-1a, 32 bits: the hash behind pod-template-hash and many upstream names. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8Bytes(text)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash >>> 0;
}

function* utf8Bytes(text: string): Generator<number> {
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) {
      yield point;
    } else if (point < 0x800) {
      yield 0xc0 | (point >> 6);
      yield 0x80 | (point & 0x3f);
    } else {
      if (point < 0x10000) {
        yield 0xe0 | (point >> 12);
      } else {
        yield 0xf0 | (point >> 18);
        yield 0x80 | ((point >> 12) & 0x3f);
      }
      yield 0x80 | ((point >> 6) & 0x3f);
      yield 0x80 | (point & 0x3f);
    }
  }
}
