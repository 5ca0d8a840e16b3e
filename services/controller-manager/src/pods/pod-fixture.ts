import type { V1Pod } from "@drydock/kube-api";

export interface PodFixture {
  readonly name: string;
  readonly namespace?: string;
  readonly node?: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  /** ms of the epoch. */
  readonly readySinceMs?: number;
  readonly createdMs?: number;
  readonly deletedMs?: number;
  readonly restarts?: number;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly ip?: string;
}

/** A pod for tests; the uid is `uid-<name>`. */
export function podFixture(fixture: PodFixture): V1Pod {
  const at = (ms: number) => new Date(ms).toISOString();
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: fixture.name,
      namespace: fixture.namespace ?? "default",
      uid: `uid-${fixture.name}`,
      creationTimestamp: at(fixture.createdMs ?? 0),
      ...(fixture.deletedMs === undefined ? {} : { deletionTimestamp: at(fixture.deletedMs) }),
      labels: fixture.labels ?? {},
      annotations: fixture.annotations ?? {},
    },
    spec: { containers: [], ...(fixture.node ? { nodeName: fixture.node } : {}) },
    status: {
      phase: fixture.phase ?? "Running",
      ...(fixture.ip ? { podIP: fixture.ip, podIPs: [{ ip: fixture.ip }] } : {}),
      conditions: [
        {
          type: "Ready",
          status: fixture.isReady ? "True" : "False",
          lastTransitionTime: at(fixture.readySinceMs ?? 0),
        },
      ],
      containerStatuses: [
        { name: "c", image: "", imageID: "", ready: fixture.isReady ?? false, restartCount: fixture.restarts ?? 0 },
      ],
    },
  };
}
