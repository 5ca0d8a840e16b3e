/** The first range of `maskSize` bits inside `clusterCidr` that nobody has; undefined when all are taken. The very first is left out. */
export function planPodCidr(clusterCidr: string, maskSize: number, taken: ReadonlySet<string>): string | undefined {
  const [address = "", length = ""] = clusterCidr.split("/");
  const base = address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
  const size = 2 ** (32 - maskSize);
  const count = 2 ** (maskSize - Number(length));
  // Starting at one gives node-1 the range .1.0: easier to read; the first one is used last.
  for (let step = 0; step < count; step++) {
    const index = (step + 1) % count;
    const cidr = `${format(base + index * size)}/${maskSize}`;
    if (!taken.has(cidr)) return cidr;
  }
  return undefined;
}

function format(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
