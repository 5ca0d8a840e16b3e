import { forbidden } from "@drydock/apimachinery";
import { randomNameSuffix } from "@drydock/base";
import type { V1Pod, V1ServiceAccount } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { toldName } from "./told-name.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_SECONDS = 3607;

/** Every pod runs as a service account of its namespace, and (unless it does not want to) can read that account's token. */
export function serviceAccount(registry: Registry): AdmissionPlugin {
  const accounts = registry.require("", "v1", "serviceaccounts");
  const pods = { group: "", resource: "pods" };
  return {
    name: "ServiceAccount",
    mutate({ operation, definition, subresource, namespace, object }) {
      if (operation !== "create" || definition.kind !== "Pod" || subresource !== "") return;
      const pod = object as V1Pod;
      if (!pod.spec) return;
      // Static pods are the kubelet's own and have no account.
      if (pod.metadata.annotations?.["kubernetes.io/config.mirror"]) return;
      pod.spec.serviceAccountName ||= "default";
      const name = pod.spec.serviceAccountName;
      const account = registry.cached<V1ServiceAccount>(accounts, namespace, name);
      if (!account)
        throw forbidden(
          pods,
          toldName(pod.metadata),
          `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
        );
      pod.spec.imagePullSecrets ??= account.imagePullSecrets;
      if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
        mountToken(pod, randomNameSuffix(registry.ports.prng));
    },
  };
}

function mountToken(pod: V1Pod, suffix: string): void {
  const spec = pod.spec as NonNullable<V1Pod["spec"]>;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const lacking = containers.filter(
    (container) => !(container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH),
  );
  if (lacking.length === 0) return;
  const name = `kube-api-access-${suffix}`;
  for (const container of lacking)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, mountPath: MOUNT_PATH, readOnly: true }];
  spec.volumes = [
    ...(spec.volumes ?? []),
    {
      name,
      projected: {
        defaultMode: 0o644,
        sources: [
          { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          {
            downwardAPI: {
              items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
            },
          },
        ],
      },
    },
  ];
}
