/** The window we have given away: on a stream, or on the connection. Half of it is given back at a time. */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #read = 0;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  get left(): number {
    return this.#left;
  }

  /** False when the peer sends more than it may. */
  take(octets: number): boolean {
    this.#left -= octets;
    return this.#left >= 0;
  }

  /** Octets were read; returns by how much the window is to be widened now, often 0. */
  giveBack(octets: number): number {
    this.#read += octets;
    if (this.#read * 2 < this.#size) return 0;
    const update = this.#read;
    this.#left += update;
    this.#read = 0;
    return update;
  }
}
