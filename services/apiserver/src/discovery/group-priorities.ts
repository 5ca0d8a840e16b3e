/** How groups and their versions rank where clients choose between kinds of one name: upstream's numbers. */
export interface Priority {
  readonly group: number;
  readonly version: number;
}

const GROUPS: Readonly<Record<string, number>> = {
  "": 18_000,
  // Upstream serves it before all that has a rank of its own.
  "apiregistration.k8s.io": 17_900,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "admissionregistration.k8s.io": 16_700,
  "apiextensions.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "resource.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};

/** Where it is not 15, as most are. */
const VERSIONS: Readonly<Record<string, number>> = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "flowcontrol.apiserver.k8s.io/v1": 21,
  "resource.k8s.io/v1": 20,
};

const CUSTOM: Priority = { group: 1000, version: 100 };

export function priorityOf(group: string, version: string): Priority {
  const rank = GROUPS[group];
  return rank === undefined ? CUSTOM : { group: rank, version: VERSIONS[`${group}/${version}`] ?? 15 };
}

/** Built in; all others are custom. */
export function isRankedGroup(group: string): boolean {
  return GROUPS[group] !== undefined;
}
