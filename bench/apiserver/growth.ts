import type { Plane } from "./plane.ts";
import { addNamespace, fillNamespace } from "./pods.ts";
import { listTimes } from "./rows/lists.ts";
import { pause } from "./rows/timing.ts";

export interface Growth {
  readonly pods: number;
  readonly createsPerSecond: number;
  readonly memoryMiB: number;
  readonly listOctets: number;
  readonly firstListMs: number;
  readonly listMs: number;
  readonly copyMs: number;
}

/** Fills one namespace step by step, and measures at each. */
export async function measureGrowth(plane: Plane, steps: readonly number[]): Promise<Growth[]> {
  await addNamespace(plane, "growing");
  const result: Growth[] = [];
  let present = 0;
  for (const step of steps) {
    const beganAt = performance.now();
    await fillNamespace(plane, "growing", step - present, present);
    const createsPerSecond = (step - present) / ((performance.now() - beganAt) / 1000);
    present = step;
    await pause(1000);
    const memoryMiB = plane.memoryMiB();
    const { octets, firstMs, againMs, copyMs } = await listTimes(plane, "growing");
    const list = { listOctets: octets, firstListMs: firstMs, listMs: againMs, copyMs };
    result.push({ pods: step, createsPerSecond, memoryMiB, ...list });
  }
  return result;
}

/** The server alone is ended and started again: how long until it is ready, and what it takes then. */
export async function measureRestart(plane: Plane): Promise<{ readyMs: number; memoryMiB: number }> {
  await plane.stopServer();
  const readyMs = await plane.startServer();
  await pause(500);
  return { readyMs, memoryMiB: plane.memoryMiB() };
}
