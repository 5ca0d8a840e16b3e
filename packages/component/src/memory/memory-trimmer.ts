import type { Logger } from "../logger.ts";
import { collectGarbage, loadTrim, type Trim } from "./process-memory.ts";
import { TrimPolicy } from "./trim-policy.ts";

const SAMPLE_MS = 1000;
/** A start takes one or two seconds of a core. */
const YOUNG_CPU_MS = 5000;

/**
 * Gives memory back to the system whenever the process has become quiet after work (`TrimPolicy`): V8 collects, and the C library, which keeps what was freed
 * for whatever comes next, releases it. Does nothing where there is no glibc. Keeps no process alive.
 */
export function trimMemoryWhenQuiet(logger: Logger): void {
  const policy = new TrimPolicy();
  let trim: Trim | undefined;
  let before = process.cpuUsage();
  let beforeMs = performance.now();
  let isTrimming = false;

  const cpuShare = () => {
    const nowMs = performance.now();
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (nowMs - beforeMs);
    before = process.cpuUsage();
    beforeMs = nowMs;
    return share;
  };
  const run = async () => {
    const startMs = performance.now();
    const residentBytes = process.memoryUsage.rss();
    trim ??= await loadTrim();
    if (!trim) return clearInterval(timer);
    // What a start leaves behind is much, and little of its code was optimized.
    const isYoung = process.cpuUsage().user < YOUNG_CPU_MS * 1000;
    await collectGarbage(isYoung ? "at once" : "bit by bit");
    await trim();
    const leftBytes = process.memoryUsage.rss();
    logger.debug({ residentBytes, leftBytes, tookMs: Math.round(performance.now() - startMs) }, "memory given back");
  };
  const timer = setInterval(() => {
    if (isTrimming || !policy.isDue({ cpuShare: cpuShare(), residentBytes: process.memoryUsage.rss() })) return;
    isTrimming = true;
    run()
      .catch((err: unknown) => logger.warn({ err }, "memory could not be given back"))
      .finally(() => {
        policy.onTrimmed(process.memoryUsage.rss());
        isTrimming = false;
      });
  }, SAMPLE_MS);
  timer.unref();
}
