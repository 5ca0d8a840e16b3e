import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";

const MIB = 1024 * 1024;
/** A larger heap would be collected at once in more than a tenth of a second. */
const SMALL_HEAP_BYTES = 64 * MIB;
/** More than V8 lets buffers grow by before it begins to mark. */
const PRESSURE_BYTES = 512 * MIB;
/** Of what V8's heap may hold: less than what it stops everything else for, and more. */
const SHARE = { bitByBit: 1 / 8, atOnce: 1 / 2 };
const COLLECTION_TIMEOUT_MS = 3000;
const SWEEP_MS = 500;

/** Has the C library give back what was freed and it keeps. */
export type Trim = () => Promise<void>;

/** Undefined where the C library is not glibc, or there is no way to call it. */
export async function loadTrim(): Promise<Trim | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const { default: koffi } = await import("koffi");
    const mallocTrim = koffi.load("libc.so.6").func("int malloc_trim(size_t)");
    return () =>
      new Promise((resolve, reject) => {
        mallocTrim.async(0, (error: Error | null) => (error ? reject(error) : resolve()));
      });
  } catch {
    return undefined;
  }
}

/**
 * Has V8 collect its garbage: bit by bit, in pauses of some milliseconds, or a small heap at once, with the pages that V8 keeps in reserve, for which it also
 * forgets optimized code. It does so when buffers have grown by enough: the one that is made for that is never written to, so the system finds no memory for
 * it. Resolves when it is done, or after some seconds.
 */
export async function collectGarbage(how: "bit by bit" | "at once"): Promise<void> {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  const isAtOnce = how === "at once" && used <= SMALL_HEAP_BYTES;
  const isDone = nextMajorCollection();
  try {
    new ArrayBuffer(isAtOnce ? limit * SHARE.atOnce : Math.min(PRESSURE_BYTES, limit * SHARE.bitByBit)).transfer(0);
  } catch {
    // A limit on addresses: V8 has tried to make room for it.
  }
  await isDone;
  // What was found dead is freed beside everything else.
  await setTimeout(SWEEP_MS, undefined, { ref: false });
}

function nextMajorCollection(): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      observer.disconnect();
      clearTimeout(timeout);
      resolve();
    };
    const observer = new PerformanceObserver((list) => {
      const collections = list.getEntries() as readonly { readonly detail?: { readonly kind?: number } }[];
      if (collections.some(({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) finish();
    });
    observer.observe({ entryTypes: ["gc"] });
    const timeout = globalThis.setTimeout(finish, COLLECTION_TIMEOUT_MS).unref();
  });
}
