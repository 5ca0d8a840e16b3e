import type { AuditPolicy } from "./policy.ts";

/** In force when a log but no policy is given: who did what, never what was in it; nothing of what runs all the time, and nothing of what the cluster's own parts do. */
export const defaultAuditPolicy: AuditPolicy = {
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/metrics", "/openapi*"] },
    {
      level: "None",
      users: ["system:kube-controller-manager", "system:kube-scheduler", "system:kube-proxy", "system:apiserver"],
    },
    { level: "None", userGroups: ["system:nodes"] },
    {
      level: "None",
      resources: [
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    { level: "Metadata" },
  ],
};
