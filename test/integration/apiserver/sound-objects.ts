export interface Sound {
  /** Of the collection. */
  readonly path: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Objects that the server takes as they are, and where. */
export const SOUND_OBJECTS: readonly Sound[] = [
  {
    path: "/api/v1/namespaces/default/configmaps",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { a: "1" } },
  },
  {
    path: "/apis/apps/v1/namespaces/default/deployments",
    object: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "m",
        labels: { a: "b" },
        annotations: { x: "y" },
        finalizers: ["example.com/f"],
        ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "u" }],
      },
      spec: {
        replicas: 1,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
        selector: { matchLabels: { app: "m" }, matchExpressions: [{ key: "app", operator: "In", values: ["m"] }] },
        template: {
          metadata: { labels: { app: "m" } },
          spec: {
            containers: [
              {
                name: "c",
                image: "x",
                ports: [{ containerPort: 80, name: "http" }],
                env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
                resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m" } },
                livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 5 },
                volumeMounts: [{ name: "v", mountPath: "/v" }],
              },
            ],
            volumes: [{ name: "v", configMap: { name: "m", items: [{ key: "a", path: "b" }] } }],
            tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 3 }],
            affinity: {
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [{ matchExpressions: [{ key: "k", operator: "In", values: ["v"] }] }],
                },
              },
            },
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "zone",
                whenUnsatisfiable: "DoNotSchedule",
                labelSelector: { matchLabels: { app: "m" } },
              },
            ],
          },
        },
      },
    },
  },
  {
    path: "/api/v1/namespaces/default/services",
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "m" },
      spec: {
        selector: { app: "m" },
        type: "NodePort",
        ports: [{ name: "p", port: 80, targetPort: "http", nodePort: 30_100 }],
        clusterIP: "10.96.5.5",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
      },
    },
  },
  {
    path: "/api/v1/nodes",
    object: {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "m" },
      spec: { podCIDR: "10.0.0.0/24", taints: [{ key: "k", effect: "NoSchedule" }] },
      status: { capacity: { cpu: "4" }, conditions: [{ type: "Ready", status: "True" }] },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    object: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "m" },
      spec: {
        rules: [
          {
            host: "a.b",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }],
            },
          },
        ],
        tls: [{ hosts: ["a.b"] }],
      },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "m" },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    },
  },
  {
    path: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    object: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "m" },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "p", port: 80, protocol: "TCP" }],
    },
  },
  {
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    object: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "x", resourceAttributes: { verb: "get", resource: "pods" } },
    },
  },
  {
    path: "/api/v1/namespaces/default/events",
    object: {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "m" },
      involvedObject: { kind: "Pod", name: "x", namespace: "default" },
      firstTimestamp: "2026-01-01T00:00:00Z",
    },
  },
  {
    path: "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    object: {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "m" },
      spec: { holderIdentity: "x", renewTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 5 },
    },
  },
];
