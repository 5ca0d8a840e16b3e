import { Packr, Unpackr } from "msgpackr";

/** How many record shapes both ends share; objects of further shapes carry their keys themselves. */
const MAX_SHARED_STRUCTURES = 2048;

/**
 * Encodes payloads (plain JSON values) as msgpack whose records refer to shapes ("structures") shared with the receiver.
 * The receiver must have learned `structures()` of at least the generation the payload was encoded at. One encoder serves any
 * number of receivers: encode once, send to all.
 */
export class PayloadEncoder {
  #generation = 0;
  /** msgpackr keeps here the shapes it met: `sharedLength` shared ones, then those of the current payload only. */
  readonly #structures: object[] & { sharedLength?: number } = [];
  readonly #packr = new Packr({
    structures: this.#structures,
    maxSharedStructures: MAX_SHARED_STRUCTURES,
    saveStructures: () => {
      this.#generation++;
    },
  });
  readonly #plain = new Packr({ useRecords: false });

  /** Grows whenever a new shape was met. */
  get generation(): number {
    return this.#generation;
  }

  encode(value: unknown): Buffer {
    return this.#packr.pack(value);
  }

  /** All shapes known so far, for `PayloadDecoder.learn`. */
  structures(): Buffer {
    const shared = this.#structures.slice(0, this.#structures.sharedLength);
    return this.#plain.pack(shared.map((keys) => [...(keys as string[])]));
  }
}

/** The receiving half of one stream. */
export class PayloadDecoder {
  #unpackr = new Unpackr({ getStructures: () => [], maxSharedStructures: MAX_SHARED_STRUCTURES });
  readonly #plain = new Unpackr({ useRecords: false });

  /** Takes over the sender's shapes; applies to every payload decoded from now on. */
  learn(structures: Uint8Array): void {
    const known: unknown = this.#plain.unpack(structures);
    if (!Array.isArray(known) || !known.every(isKeyList)) throw new Error("malformed shared structures");
    // Only shapes that come through getStructures are prepared for two-byte ids.
    this.#unpackr = new Unpackr({ getStructures: () => known, maxSharedStructures: MAX_SHARED_STRUCTURES });
  }

  /** Throws when the bytes are malformed or refer to shapes not learned. */
  decode(payload: Uint8Array): unknown {
    return this.#unpackr.unpack(payload);
  }
}

function isKeyList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((key) => typeof key === "string");
}
