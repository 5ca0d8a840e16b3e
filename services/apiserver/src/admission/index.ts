import type { Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import type { Registry } from "../registry/registry.ts";
import { Admission } from "./admission.ts";
import { certificateSigners } from "./certificate-signers.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { priority } from "./priority.ts";
import { rbacEscalation } from "./rbac-escalation.ts";
import { serviceAccount } from "./service-account.ts";
import { taintNewNodes } from "./taint-new-nodes.ts";

/** In upstream's order: what refuses cheaply first, what fills in before what checks. */
export function createAdmission(registry: Registry, rbac: RbacAuthorizer, authorizer: Authorizer): Admission {
  return new Admission([
    namespaceLifecycle(registry),
    nodeRestriction,
    taintNewNodes,
    priority(registry),
    serviceAccount(registry),
    defaultTolerationSeconds(),
    defaultStorageClass(registry),
    defaultIngressClass(registry),
    certificateSigners(authorizer),
    rbacEscalation(rbac, authorizer),
  ]);
}
