import { type Int64, parseQuantity } from "@drydock/apimachinery";
import type { V1Container, V1Pod } from "@drydock/kube-api";
import { specHash } from "../pods/container-spec.ts";
import { computeQosClass } from "../pods/qos-class.ts";
import type { ContainerConfig, ContainerResources, ContainerSecurity, Mount } from "../runtime/runtime.ts";
import { expand } from "./expand.ts";
import { ContainerConfigError } from "./object-source.ts";

/** Linux' own bounds and Kubernetes' conversion: 1024 shares a cpu, at least 2. */
const SHARES_PER_CPU = 1024;
const MIN_SHARES = 2;
const CPU_PERIOD_MICROS = 100_000;
const MIN_QUOTA_MICROS = 1_000;

export interface ContainerConfigInput {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly attempt: number;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly imageUser: string;
  /** The node's memory, for the OOM score of burstable pods. */
  readonly memoryCapacityBytes: number;
}

/** Everything the runtime needs to create a container. Pure. Throws ContainerConfigError where the spec forbids running it. */
export function makeContainerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, env } = input;
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const expandAll = (texts: readonly string[] | undefined) =>
    texts?.map((text) => expand(text, (name) => values.get(name)));
  const command = expandAll(container.command);
  const args = expandAll(container.args);
  return {
    podUid: pod.metadata.uid ?? "",
    podName: pod.metadata.name,
    podNamespace: pod.metadata.namespace ?? "",
    name: container.name,
    attempt: input.attempt,
    image: container.image ?? "",
    specHash: specHash(container),
    ...(command ? { command } : {}),
    ...(args ? { args } : {}),
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    env,
    mounts: input.mounts,
    isTty: container.tty ?? false,
    hasStdin: container.stdin ?? false,
    isStdinOnce: container.stdinOnce ?? false,
    resources: containerResources(pod, container, input.memoryCapacityBytes),
    security: containerSecurity(pod, container, input.imageUser),
    isHostNetwork: pod.spec?.hostNetwork ?? false,
    sharesProcesses: pod.spec?.shareProcessNamespace ?? false,
  };
}

function containerResources(pod: V1Pod, container: V1Container, memoryCapacityBytes: number): ContainerResources {
  const limits = container.resources?.limits ?? {};
  const requests = container.resources?.requests ?? {};
  const cpuRequestMillis = milli(requests["cpu"] ?? limits["cpu"]);
  const cpuLimitMillis = milli(limits["cpu"]);
  const quota = (cpuLimitMillis * CPU_PERIOD_MICROS) / 1000;
  return {
    memoryLimitBytes: bytes(limits["memory"]),
    cpuShares: Math.max(MIN_SHARES, Math.floor((cpuRequestMillis * SHARES_PER_CPU) / 1000)),
    cpuQuotaMicros: cpuLimitMillis > 0 ? Math.max(MIN_QUOTA_MICROS, Math.floor(quota)) : 0,
    oomScoreAdj: oomScoreAdj(pod, bytes(requests["memory"] ?? limits["memory"]), memoryCapacityBytes),
  };
}

/** Upstream's policy: guaranteed pods go last (-997, which Docker may have to raise to 0), best-effort first, burstable between by share of memory. */
function oomScoreAdj(pod: V1Pod, memoryRequestBytes: number, memoryCapacityBytes: number): number {
  const qos = computeQosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const score = 1000 - Math.floor((1000 * memoryRequestBytes) / memoryCapacityBytes);
  return Math.min(999, Math.max(3, score));
}

function containerSecurity(pod: V1Pod, container: V1Container, imageUser: string): ContainerSecurity {
  const own = container.securityContext ?? {};
  const shared = pod.spec?.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  if (own.runAsNonRoot ?? shared.runAsNonRoot) verifyNonRoot(container, runAsUser, imageUser);
  const user =
    runAsUser === undefined ? undefined : runAsGroup === undefined ? String(runAsUser) : `${runAsUser}:${runAsGroup}`;
  const groups = [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])];
  return {
    ...(user === undefined ? {} : { user }),
    groups: groups.map(String),
    isPrivileged: own.privileged ?? false,
    isReadOnlyRoot: own.readOnlyRootFilesystem ?? false,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? true,
    addedCapabilities: own.capabilities?.add ?? [],
    droppedCapabilities: own.capabilities?.drop ?? [],
  };
}

function verifyNonRoot(container: V1Container, runAsUser: Int64 | undefined, imageUser: string): void {
  const isRootImage = imageUser === "" || imageUser.split(":")[0] === "0" || imageUser.split(":")[0] === "root";
  if (runAsUser === 0)
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy (container: ${container.name})`);
  if (runAsUser === undefined && isRootImage)
    throw new ContainerConfigError(
      `container has runAsNonRoot and image will run as root (container: ${container.name})`,
    );
}

function milli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : parseQuantity(quantity).milliValue();
}

function bytes(quantity: string | undefined): number {
  return quantity === undefined ? 0 : parseQuantity(quantity).toNumber();
}
