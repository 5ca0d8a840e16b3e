/**
 * Calls `create` `count` times in batches of 1, 2, 4, …: when every call fails for the same reason (a quota, say) the server sees a
 * few failures instead of hundreds. Stops after the first batch with a failure; returns how many succeeded and the first error.
 */
export async function slowStart(
  count: number,
  create: (index: number) => Promise<void>,
): Promise<{ succeeded: number; error?: unknown }> {
  let done = 0;
  for (let batch = 1; done < count; batch *= 2) {
    const size = Math.min(batch, count - done);
    const start = done;
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => create(start + index)));
    const failed = results.filter((result) => result.status === "rejected");
    done += size;
    if (failed[0]) return { succeeded: done - failed.length, error: failed[0].reason };
  }
  return { succeeded: done };
}
