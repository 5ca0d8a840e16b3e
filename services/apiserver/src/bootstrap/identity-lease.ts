import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { V1Lease } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import { remove } from "../verbs/delete.ts";
import { loopbackContext } from "./loopback-context.ts";
import { reconcile } from "./reconcile.ts";

const IDENTITY_LABEL = "apiserver.kubernetes.io/identity";
const NAMESPACE = "kube-system";
const LIFE_SECONDS = 3600;

/** `apiserver-<hash>`: the same after a restart, another for another server of the same host. */
export function identityOf(address: string): string {
  const hash = createHash("sha256").update(`${hostname()}/${address}`).digest("hex").slice(0, 26);
  return `apiserver-${hash}`;
}

/** Renews the Lease that says who this server is. `holder` tells two lives of the same server apart. */
export async function renewIdentity(registry: Registry, address: string, holder: string): Promise<void> {
  const name = identityOf(address);
  const now = microTime(Date.now());
  const lease: V1Lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { [IDENTITY_LABEL]: "kube-apiserver", "kubernetes.io/hostname": hostname() },
    },
    spec: { holderIdentity: `${name}_${holder}`, leaseDurationSeconds: LIFE_SECONDS, acquireTime: now, renewTime: now },
  };
  await reconcile(registry.require("coordination.k8s.io", "v1", "leases"), lease, (wanted, current) => {
    const isSame = current.spec?.holderIdentity === wanted.spec?.holderIdentity;
    return { ...current, spec: { ...wanted.spec, ...(isSame && { acquireTime: current.spec?.acquireTime ?? now }) } };
  });
}

/** Removes the Leases of servers that have not been seen for an hour. */
export async function collectExpiredIdentities(registry: Registry, nowMs: number): Promise<void> {
  const leases = registry.require("coordination.k8s.io", "v1", "leases");
  for (const { object } of [...leases.cache.scan(`${leases.cache.prefix}${NAMESPACE}/`)]) {
    const { metadata, spec } = object as V1Lease;
    if (metadata.labels?.[IDENTITY_LABEL] !== "kube-apiserver") continue;
    const renewedMs = Date.parse(spec?.renewTime ?? metadata.creationTimestamp ?? "");
    if (!(renewedMs + (spec?.leaseDurationSeconds ?? LIFE_SECONDS) * 1000 < nowMs)) continue;
    const { resourceVersion = "" } = metadata;
    const options = {
      dryRun: false,
      gracePeriodSeconds: undefined,
      propagationPolicy: undefined,
      preconditions: { resourceVersion },
    };
    await remove(leases, { namespace: NAMESPACE, name: metadata.name, options, context: loopbackContext() }).catch(
      () => {},
    );
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
