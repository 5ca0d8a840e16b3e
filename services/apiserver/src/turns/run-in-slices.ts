const SLICE_MS = 5;

/** Takes all steps, with a turn of the event loop for others whenever they have lasted a few milliseconds. */
export async function runInSlices(steps: Iterable<void>): Promise<void> {
  let until = performance.now() + SLICE_MS;
  for (const _ of steps) {
    if (performance.now() < until) continue;
    await new Promise((resolve) => setImmediate(resolve));
    until = performance.now() + SLICE_MS;
  }
}
