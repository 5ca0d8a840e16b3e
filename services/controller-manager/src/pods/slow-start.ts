/** Does `count` things in batches of 1, 2, 4, …, so that a cause that fails them all fails few. Returns how many succeeded; the first error ends it. */
export async function slowStart(
  count: number,
  work: () => Promise<void>,
): Promise<{ succeeded: number; error: unknown }> {
  let succeeded = 0;
  for (let batch = 1; succeeded < count; batch *= 2) {
    const size = Math.min(batch, count - succeeded);
    const results = await Promise.allSettled(Array.from({ length: size }, () => work()));
    succeeded += results.filter(({ status }) => status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed) return { succeeded, error: failed.reason };
  }
  return { succeeded, error: undefined };
}
