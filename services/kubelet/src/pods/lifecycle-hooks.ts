import type { V1Container, V1LifecycleHandler } from "@drydock/kube-api";
import { runProbe } from "../probes/probe.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";

export interface HookTarget {
  readonly container: V1Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a postStart or preStop hook for at most `timeoutMs`; returns what went wrong, or undefined. */
export async function runHook(
  handler: V1LifecycleHandler,
  target: HookTarget,
  runtime: ContainerRuntime,
  timeoutMs: number,
): Promise<string | undefined> {
  if (handler.sleep) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(timeoutMs, Number(handler.sleep!.seconds) * 1000)));
    return undefined;
  }
  const result = await runProbe({ ...handler, timeoutSeconds: Math.max(1, timeoutMs / 1000) }, target, runtime);
  return result.isSuccess ? undefined : result.output;
}
