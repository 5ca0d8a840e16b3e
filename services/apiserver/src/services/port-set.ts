export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Upstream's RangeAllocation, as it stands in the store. */
interface RangeAllocation {
  readonly range?: string;
  readonly data?: string;
}

const NAMED_MIN = 16;
const NAMED_MAX = 128;
const NAMED_SHARE = 32;

/** Ports of a range that are taken. */
export class PortSet {
  readonly range: PortRange;
  readonly #taken: Set<number>;

  constructor(range: PortRange, taken: Iterable<number> = []) {
    this.range = range;
    this.#taken = new Set(taken);
  }

  has(port: number): boolean {
    return this.#taken.has(port);
  }

  add(port: number): void {
    this.#taken.add(port);
  }

  delete(port: number): void {
    this.#taken.delete(port);
  }

  contains(port: number): boolean {
    return port >= this.range.first && port <= this.range.last;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#taken.values();
  }

  /** A free one, drawn from the upper band as long as it has any; the lower is for those that are asked for by number (KEP-3668). */
  draw(random: (below: number) => number): number | undefined {
    const { first, last } = this.range;
    const size = last - first + 1;
    const named = size <= NAMED_MIN ? 0 : Math.min(Math.max(NAMED_MIN, Math.floor(size / NAMED_SHARE)), NAMED_MAX);
    return this.#drawFrom(first + named, last, random) ?? this.#drawFrom(first, first + named - 1, random);
  }

  #drawFrom(first: number, last: number, random: (below: number) => number): number | undefined {
    const size = last - first + 1;
    if (size <= 0) return undefined;
    const start = random(size);
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size);
      if (!this.#taken.has(port)) return port;
    }
    return undefined;
  }
}

export function rangeText({ first, last }: PortRange): string {
  return `${first}-${last}`;
}

/** The bits stand in one big-endian number: that of the first port is its lowest. */
export function encodePorts(ports: PortSet): Uint8Array {
  const { first, last } = ports.range;
  const bytes = Buffer.alloc(Math.ceil((last - first + 1) / 8));
  for (const port of ports) {
    if (!ports.contains(port)) continue;
    const at = bytes.length - 1 - ((port - first) >> 3);
    bytes[at] = (bytes[at] as number) | (1 << ((port - first) & 7));
  }
  const data = bytes.toString("base64");
  return Buffer.from(
    JSON.stringify({
      kind: "RangeAllocation",
      apiVersion: "v1",
      metadata: {},
      range: rangeText(ports.range),
      data,
    }),
  );
}

/** What was written for another range counts for nothing. */
export function decodePorts(range: PortRange, value: Uint8Array | undefined): PortSet {
  const ports = new PortSet(range);
  if (!value) return ports;
  const stored = JSON.parse(Buffer.from(value).toString()) as RangeAllocation;
  if (stored.range !== rangeText(range)) return ports;
  const bytes = Buffer.from(stored.data ?? "", "base64").reverse();
  bytes.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) ports.add(range.first + index * 8 + bit);
  });
  return ports;
}
