import type { HealthCheck } from "@drydock/component";
import type { Aggregation } from "./aggregation/create-aggregation.ts";
import type { Upkeep } from "./bootstrap/upkeep.ts";
import type { StoreFeed } from "./cache/store-feed.ts";
import type { ChecksByEndpoint } from "./http/health/health-checks.ts";
import type { OwnControllers } from "./own-controllers.ts";

/** The store answers within this time, or is not well. */
const STORE_TIMEOUT_MS = 2000;

interface WaitedFor {
  readonly feed: StoreFeed;
  readonly controllers: OwnControllers;
  readonly upkeep: Upkeep;
  readonly aggregation: Aggregation;
  readonly hasFlowControl: boolean;
  isStopping(): boolean;
}

type Named = readonly [name: string, check: HealthCheck];

/** What the health endpoints ask for, by upstream's names and in its order. */
export function serverChecks(parts: WaitedFor): ChecksByEndpoint {
  const { feed, isStopping } = parts;
  const ping: Named[] = [
    ["ping", () => {}],
    ["log", () => {}],
  ];
  const store = () => answersInTime(feed);
  const hooks = startHooks(parts);
  const live: Named[] = [...ping, ["loopback-serving-certificate", () => {}], ["etcd", store], ...hooks];
  const ready: Named[] = [
    ...ping,
    ["etcd", store],
    ["etcd-readiness", store],
    ["informer-sync", () => assertThat(feed.hasSynced, "caches are not filled yet")],
    ...hooks,
    ["shutdown", () => assertThat(!isStopping(), "process is shutting down")],
  ];
  return { healthz: new Map(live), livez: new Map(live), readyz: new Map(ready) };
}

/** What must have been done once. Upstream has a hook each; here one part does what several of them do. */
function startHooks({ feed, controllers, upkeep, aggregation, hasFlowControl }: WaitedFor): Named[] {
  const hooksOf = (isDone: () => boolean, ...names: string[]) =>
    names.map((name): Named => [`poststarthook/${name}`, () => assertThat(isDone(), "not finished")]);
  const hasCaches = () => feed.hasSynced;
  const hasKinds = () => controllers.isReady;
  const hasObjects = () => upkeep.hasObjects;
  const isPresent = () => upkeep.isPresent;
  const isAggregating = () => aggregation.isReady;
  return [
    ...hooksOf(hasCaches, "start-apiserver-admission-initializer", "generic-apiserver-start-informers"),
    ...(hasFlowControl
      ? hooksOf(hasCaches, "priority-and-fairness-config-consumer", "priority-and-fairness-filter")
      : []),
    ...hooksOf(hasCaches, "storage-object-count-tracker-hook", "start-apiextensions-informers"),
    ...hooksOf(hasKinds, "start-apiextensions-controllers", "crd-informer-synced"),
    ...hooksOf(hasObjects, "start-system-namespaces-controller"),
    ...hooksOf(isPresent, "peer-endpoint-reconciler-controller"),
    ...hooksOf(hasObjects, "start-cluster-authentication-info-controller"),
    ...hooksOf(
      isPresent,
      "start-kube-apiserver-identity-lease-controller",
      "start-kube-apiserver-identity-lease-garbage-collector",
    ),
    ...hooksOf(hasCaches, "storage-readiness", "start-legacy-token-tracking-controller"),
    ...hooksOf(() => upkeep.hasRepairedAddresses, "start-service-ip-repair-controllers"),
    ...hooksOf(
      hasObjects,
      "rbac/bootstrap-roles",
      "scheduling/bootstrap-system-priority-classes",
      "priority-and-fairness-config-producer",
    ),
    ...hooksOf(isPresent, "bootstrap-controller"),
    ...hooksOf(hasObjects, "start-kubernetes-service-cidr-controller"),
    ...hooksOf(
      isAggregating,
      "start-kube-aggregator-informers",
      "apiservice-status-local-available-controller",
      "apiservice-status-remote-available-controller",
      "apiservice-registration-controller",
      "apiservice-discovery-controller",
      "kube-apiserver-autoregistration",
    ),
    ["autoregister-completion", () => assertThat(isAggregating(), "missing APIService")],
    ...hooksOf(isAggregating, "apiservice-openapi-controller", "apiservice-openapiv3-controller"),
  ];
}

async function answersInTime(feed: StoreFeed): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the store does not answer in time")), STORE_TIMEOUT_MS);
  });
  try {
    await Promise.race([feed.currentRevision(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function assertThat(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
