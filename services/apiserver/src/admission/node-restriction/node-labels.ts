/** Labels of Kubernetes' own that a kubelet may set on its node. */
const OWN_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.kubernetes.io/region",
  "failure-domain.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);
const OWN_DOMAINS = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const KUBERNETES_DOMAINS = ["kubernetes.io", "k8s.io"];
const RESTRICTED_DOMAIN = "node-restriction.kubernetes.io";

type Labels = Readonly<Record<string, string>> | undefined;

/** Labels that differ and that a node must not decide: workloads are kept off nodes by them. Sorted. */
export function forbiddenLabelChanges(labels: Labels = {}, old: Labels = {}): string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(old)]);
  return [...keys].filter((key) => labels[key] !== old[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  if (isWithin(domain, [RESTRICTED_DOMAIN])) return true;
  return isWithin(domain, KUBERNETES_DOMAINS) && !OWN_LABELS.has(key) && !isWithin(domain, OWN_DOMAINS);
}

function isWithin(domain: string, domains: readonly string[]): boolean {
  return domains.some((candidate) => domain === candidate || domain.endsWith(`.${candidate}`));
}
