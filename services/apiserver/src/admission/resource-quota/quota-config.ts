import { isRecord } from "@drydock/apimachinery";
import type { LimitedResource } from "@drydock/resource-usage";

const KINDS: ReadonlySet<string> = new Set([
  "apiserver.config.k8s.io/v1 ResourceQuotaConfiguration",
  "resourcequota.admission.k8s.io/v1 Configuration",
  "resourcequota.admission.k8s.io/v1beta1 Configuration",
  "resourcequota.admission.k8s.io/v1alpha1 Configuration",
]);
const FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "limitedResources"]);

/** What may be used only where a quota covers it. `configuration` is undefined for a server that is told nothing. */
export function parseQuotaConfig(configuration: unknown): LimitedResource[] {
  if (configuration === undefined) return [];
  const fail = (why: string) => new Error(`couldn't init admission plugin "ResourceQuota": ${why}`);
  if (!isRecord(configuration)) throw fail("the configuration is no object");
  const { apiVersion = "", kind = "", limitedResources } = configuration;
  if (!KINDS.has(`${apiVersion} ${kind}`)) throw fail(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const unknown = Object.keys(configuration).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw fail(`strict decoding error: unknown field "${unknown}"`);
  const limited = (limitedResources ?? []) as LimitedResource[];
  const bare = limited.findIndex(({ resource }) => !resource);
  if (bare >= 0) throw fail(`limitedResources[${bare}].resource: Required value`);
  return limited;
}
