/** 53 bits: what a number holds exactly. */
const HASH_MASK = 0x1f_ffff;

/** A flow's number: the schema it matched and whom it is told apart by. Two mixed lanes of 32 bits, cut to 53. */
export function hashFlow(schema: string, distinguisher: string): number {
  const text = `${schema}\0${distinguisher}`;
  let low = 0xdead_beef;
  let high = 0x41c6_ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x9e37_79b1);
    high = Math.imul(high ^ code, 0x5f35_6495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85eb_ca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2_ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85eb_ca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2_ae35);
  return (high & HASH_MASK) * 2 ** 32 + (low >>> 0);
}

/** A hand of different cards (queues) out of a deck, always the same for the same hash, each hand as likely as any other. */
export function dealHand(hash: number, deckSize: number, handSize: number): readonly number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = deckSize - dealt;
    let card = rest % left;
    rest = Math.floor(rest / left);
    // The cards that are gone are skipped, lowest first.
    for (const gone of hand.toSorted((a, b) => a - b)) if (card >= gone) card++;
    hand.push(card);
  }
  return hand;
}
