export { invariant } from "./assert.ts";
export { type BackoffPolicy, backoffDelayMs } from "./backoff.ts";
export { type Clock, setRepeating, sleep, type Timer } from "./clock.ts";
export { FakeClock } from "./fake-clock.ts";
export { Heap } from "./heap.ts";
export { IdTable } from "./id-table.ts";
export { fnv1a32, randomNameSuffix, safeEncode } from "./ids.ts";
export { createPrng, type Prng } from "./prng.ts";
