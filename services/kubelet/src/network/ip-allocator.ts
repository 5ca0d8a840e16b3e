import { type Cidr, cidrContains, cidrSize, formatIp, parseIp } from "./cidr.ts";

/** The first address is the bridge's own, the one before it the network's, the last the broadcast's. */
const FIRST_POD_OFFSET = 2;

/** Hands out the node's pod addresses, least recently used first, so that a new pod does not inherit a predecessor's connections. */
export class IpAllocator {
  readonly #cidr: Cidr;
  readonly #used = new Set<string>();
  #next = FIRST_POD_OFFSET;

  constructor(cidr: Cidr) {
    this.#cidr = cidr;
  }

  /** Marks what existing sandboxes hold; addresses of another range are none of ours. */
  adopt(ip: string): void {
    if (ip === "" || !cidrContains(this.#cidr, ip)) return;
    this.#used.add(ip);
    this.#next = Math.max(this.#next, parseIp(ip) - this.#cidr.base + 1);
  }

  allocate(): string {
    const last = cidrSize(this.#cidr) - 2;
    for (let tried = FIRST_POD_OFFSET; tried <= last; tried++) {
      if (this.#next > last) this.#next = FIRST_POD_OFFSET;
      const ip = formatIp(this.#cidr.base + this.#next++);
      if (!this.#used.has(ip)) {
        this.#used.add(ip);
        return ip;
      }
    }
    throw new Error("no pod addresses left on this node");
  }

  release(ip: string): void {
    this.#used.delete(ip);
  }
}
