export const DURATION_MS = Number(process.env["BENCH_SECONDS"] ?? 3) * 1000;
export const WARM_UP_MS = 1000;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
