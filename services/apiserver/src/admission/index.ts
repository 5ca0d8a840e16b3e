import type { Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import type { Registry } from "../registry/registry.ts";
import { Admission } from "./admission.ts";
import { certificateSigners } from "./certificate-signers.ts";
import { claimResize } from "./claim-resize.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger/limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { priority } from "./priority.ts";
import { rbacEscalation } from "./rbac-escalation.ts";
import { resourceQuota } from "./resource-quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use.ts";
import { taintNewNodes } from "./taint-new-nodes.ts";

/** In upstream's order: what refuses cheaply first, what fills in before what checks. */
export function createAdmission(registry: Registry, rbac: RbacAuthorizer, authorizer: Authorizer): Admission {
  return new Admission([
    namespaceLifecycle(registry),
    nodeRestriction,
    limitRanger(registry),
    serviceAccount(registry),
    taintNewNodes,
    podSecurity(registry),
    priority(registry),
    defaultTolerationSeconds(),
    defaultStorageClass(registry),
    storageObjectInUseProtection,
    claimResize(registry),
    runtimeClass(registry),
    certificateSigners(authorizer),
    defaultIngressClass(registry),
    rbacEscalation(rbac, authorizer),
    resourceQuota(registry),
  ]);
}
