/** `1,3-5,7`, increasing and below `completions`: how many that are, or what is wrong with it in upstream's words. */
export function parseIndexes(text: string, completions: number): { total?: number; error?: string } {
  let total = 0;
  let last: number | undefined;
  if (text === "") return { total };
  for (const interval of text.split(",")) {
    const parts = interval.split("-");
    if (parts.length > 2) return { error: tooManyParts(interval) };
    const numbers: number[] = [];
    for (const part of parts) {
      if (!/^\d+$/.test(part)) return { error: `cannot convert string to integer for index: ${JSON.stringify(part)}` };
      if (Number(part) >= completions) return { error: `too large index: ${JSON.stringify(part)}` };
      numbers.push(Number(part));
    }
    const [first = 0, end = first] = numbers;
    if (numbers.length > 1 && first >= end) return { error: notIncreasing(first, end) };
    if (last !== undefined && last >= first) return { error: notIncreasing(last, first) };
    total += end - first + 1;
    last = end;
  }
  return { total };
}

function tooManyParts(interval: string): string {
  return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
}

function notIncreasing(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}
