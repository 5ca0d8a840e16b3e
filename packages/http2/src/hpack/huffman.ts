import { CODE_LENGTHS, CODES } from "./huffman-code.ts";

const END_OF_STRING = 256;
const EMITS = 0x1_0000;
const FAILS = 0x2_0000;

/**
 * The code's tree walked four bits at a time: `TRANSITIONS[state * 16 + nibble]` holds the next state (times 16), the symbol that was
 * completed on the way, if any, and whether the walk has left the code. No code is shorter than five bits, so a nibble completes at most one.
 */
const { transitions: TRANSITIONS, isPadding: IS_PADDING } = buildMachine();

/** How many octets the text takes when it is coded; `text` holds one octet a character. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index++) bits += CODE_LENGTHS[text.charCodeAt(index)] as number;
  return (bits + 7) >>> 3;
}

/** Writes the coded text, one octet a character, and returns the position behind it. */
export function writeHuffman(text: string, target: Uint8Array, start: number): number {
  let position = start;
  let pending = 0;
  let pendingBits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index);
    let length = CODE_LENGTHS[symbol] as number;
    const code = CODES[symbol] as number;
    while (length > 0) {
      const taken = Math.min(length, 8 - pendingBits);
      length -= taken;
      pending = (pending << taken) | ((code >>> length) & ((1 << taken) - 1));
      pendingBits += taken;
      if (pendingBits < 8) continue;
      target[position++] = pending;
      pending = 0;
      pendingBits = 0;
    }
  }
  if (pendingBits > 0) target[position++] = (pending << (8 - pendingBits)) | (0xff >>> pendingBits);
  return position;
}

/** The text, one octet a character; undefined when the octets are not a code or are padded wrongly (RFC 7541, section 5.2). */
export function readHuffman(source: Uint8Array, start: number, end: number): string | undefined {
  const symbols: number[] = [];
  let state = 0;
  for (let position = start; position < end; position++) {
    const octet = source[position] as number;
    const high = TRANSITIONS[state + (octet >>> 4)] as number;
    if (high & EMITS) symbols.push((high >>> 18) & 0xff);
    const low = TRANSITIONS[(high & 0xffff) + (octet & 15)] as number;
    if ((high | low) & FAILS) return undefined;
    if (low & EMITS) symbols.push((low >>> 18) & 0xff);
    state = low & 0xffff;
  }
  return IS_PADDING[state >>> 4] ? textOf(symbols) : undefined;
}

const CHARACTERS_AT_ONCE = 4096;

function textOf(symbols: readonly number[]): string {
  if (symbols.length <= CHARACTERS_AT_ONCE) return String.fromCharCode(...symbols);
  return Buffer.from(symbols).toString("latin1");
}

interface Branch {
  readonly number: number;
  readonly depth: number;
  /** Reached by ones alone: what padding may be. */
  readonly isOnes: boolean;
  readonly next: [Branch | number | undefined, Branch | number | undefined];
}

function buildMachine(): { transitions: Int32Array; isPadding: Uint8Array } {
  const branches = buildTree();
  const transitions = new Int32Array(branches.length * 16);
  for (const branch of branches)
    for (let nibble = 0; nibble < 16; nibble++)
      transitions[branch.number * 16 + nibble] = walkNibble(branch, nibble, branches[0] as Branch);
  const isPadding = Uint8Array.from(branches, ({ isOnes, depth }) => (isOnes && depth < 8 ? 1 : 0));
  return { transitions, isPadding };
}

function buildTree(): Branch[] {
  const branches: Branch[] = [{ number: 0, depth: 0, isOnes: true, next: [undefined, undefined] }];
  for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
    let at = branches[0] as Branch;
    for (let bit = (CODE_LENGTHS[symbol] as number) - 1; bit > 0; bit--) {
      const side = ((CODES[symbol] as number) >>> bit) & 1;
      let next = at.next[side];
      if (next === undefined) {
        next = {
          number: branches.length,
          depth: at.depth + 1,
          isOnes: at.isOnes && side === 1,
          next: [undefined, undefined],
        };
        branches.push(next);
        at.next[side] = next;
      }
      at = next as Branch;
    }
    at.next[(CODES[symbol] as number) & 1] = symbol;
  }
  return branches;
}

function walkNibble(from: Branch, nibble: number, root: Branch): number {
  let at = from;
  let flags = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = at.next[(nibble >>> bit) & 1];
    if (next === undefined || next === END_OF_STRING) return FAILS;
    if (typeof next === "number") flags = EMITS | (next << 18);
    at = typeof next === "number" ? root : next;
  }
  return flags | (at.number * 16);
}
