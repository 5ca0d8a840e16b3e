import type { Plane } from "./plane.ts";
import { expectOnce } from "./rest.ts";

/** A pod as a Deployment makes it: two containers with probes, volumes and variables; some 2.5 KiB of JSON. */
export function podOf(namespace: string, name: string): object {
  const probe = (path: string) => ({
    httpGet: { path, port: "http", scheme: "HTTP" },
    periodSeconds: 10,
    timeoutSeconds: 2,
  });
  const container = (index: number) => ({
    name: `container-${index}`,
    image: `registry.example.com/team/service-${index}:1.24.3`,
    ports: [{ name: index === 0 ? "http" : `http-${index}`, containerPort: 8080 + index, protocol: "TCP" }],
    env: Array.from({ length: 6 }, (_, variable) => ({
      name: `SETTING_${variable}`,
      value: `value-of-setting-${variable}`,
    })),
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
    ...(index === 0 ? { livenessProbe: probe("/healthz"), readinessProbe: probe("/ready") } : {}),
    volumeMounts: [{ name: "settings", mountPath: "/etc/settings", readOnly: true }],
    imagePullPolicy: "IfNotPresent",
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name,
      labels: {
        "app.kubernetes.io/name": "service",
        "app.kubernetes.io/instance": namespace,
        "pod-template-hash": "6d4cf56db6",
      },
      annotations: {
        "example.com/checksum": "8f14e45fceea167a5a36dedd4bea2543d9c4b0f5a1e8b2b7",
        "example.com/owner": "team",
      },
    },
    spec: {
      automountServiceAccountToken: false,
      containers: [container(0), container(1)],
      nodeName: "no-such-node",
      tolerations: [{ key: "dedicated", operator: "Equal", value: "batch", effect: "NoSchedule" }],
      volumes: [{ name: "settings", configMap: { name: "settings" } }],
    },
  };
}

export const podsPath = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;

/** Makes a namespace in which pods can be made. */
export async function addNamespace(plane: Plane, name: string): Promise<void> {
  const connection = await plane.open();
  const post = (path: string, body: object) => expectOnce(connection, plane.target, "POST", path, body);
  await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const serviceAccount = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await post(`/api/v1/namespaces/${name}/serviceaccounts`, serviceAccount);
  connection.close();
}

/** Creates pods `p0` … `p<count-1>`, 64 at a time. */
export async function fillNamespace(plane: Plane, namespace: string, count: number, first = 0): Promise<void> {
  const connections = await Promise.all([0, 1, 2, 3].map(plane.open));
  let next = first;
  const work = async (index: number): Promise<void> => {
    const connection = connections[index % 4] as (typeof connections)[number];
    while (next < first + count)
      await expectOnce(connection, plane.target, "POST", podsPath(namespace), podOf(namespace, `p${next++}`));
  };
  await Promise.all(Array.from({ length: 64 }, (_, index) => work(index)));
  for (const connection of connections) connection.close();
}
