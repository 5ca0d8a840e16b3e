const REMEMBERED = 256;

/** Why a stream is gone. */
export type Closing = "ended" | "reset-by-us" | "reset-by-peer";

/** The streams closed last: what still comes for them is judged by how they closed (RFC 9113, section 5.1). */
export class ClosedStreams {
  readonly #ids = new Uint32Array(REMEMBERED);
  readonly #closings = new Array<Closing>(REMEMBERED);
  #next = 0;

  add(id: number, closing: Closing): void {
    this.#ids[this.#next] = id;
    this.#closings[this.#next] = closing;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  get(id: number): Closing | undefined {
    const index = this.#ids.lastIndexOf(id);
    return index < 0 ? undefined : this.#closings[index];
  }
}
