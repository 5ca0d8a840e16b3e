import type * as types from "../generated/types.ts";

/** Where a kind is served, with the type of its objects for clients that take the reference as a key. */
export interface ResourceRef<T = unknown> {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: the path segment. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Carries T for inference; never present at run time. */
  readonly objectType?: T;
}

function reference<T>(
  group: string,
  version: string,
  resource: string,
  kind: string,
  namespaced: boolean,
): ResourceRef<T> {
  return { group, version, resource, kind, namespaced };
}

const core = <T>(resource: string, kind: string, namespaced = true) =>
  reference<T>("", "v1", resource, kind, namespaced);

export const namespaces = core<types.V1Namespace>("namespaces", "Namespace", false);
export const nodes = core<types.V1Node>("nodes", "Node", false);
export const pods = core<types.V1Pod>("pods", "Pod");
export const podTemplates = core<types.V1PodTemplate>("podtemplates", "PodTemplate");
export const replicationControllers = core<types.V1ReplicationController>(
  "replicationcontrollers",
  "ReplicationController",
);
export const services = core<types.V1Service>("services", "Service");
export const endpoints = core<types.V1Endpoints>("endpoints", "Endpoints");
export const events = core<types.CoreV1Event>("events", "Event");
export const configMaps = core<types.V1ConfigMap>("configmaps", "ConfigMap");
export const secrets = core<types.V1Secret>("secrets", "Secret");
export const serviceAccounts = core<types.V1ServiceAccount>("serviceaccounts", "ServiceAccount");

export const componentStatuses = core<types.V1ComponentStatus>("componentstatuses", "ComponentStatus", false);
export const limitRanges = core<types.V1LimitRange>("limitranges", "LimitRange");
export const resourceQuotas = core<types.V1ResourceQuota>("resourcequotas", "ResourceQuota");
export const persistentVolumes = core<types.V1PersistentVolume>("persistentvolumes", "PersistentVolume", false);
export const persistentVolumeClaims = core<types.V1PersistentVolumeClaim>(
  "persistentvolumeclaims",
  "PersistentVolumeClaim",
);

const apps = <T>(resource: string, kind: string) => reference<T>("apps", "v1", resource, kind, true);

export const deployments = apps<types.V1Deployment>("deployments", "Deployment");
export const replicaSets = apps<types.V1ReplicaSet>("replicasets", "ReplicaSet");
export const daemonSets = apps<types.V1DaemonSet>("daemonsets", "DaemonSet");
export const statefulSets = apps<types.V1StatefulSet>("statefulsets", "StatefulSet");
export const controllerRevisions = apps<types.V1ControllerRevision>("controllerrevisions", "ControllerRevision");

export const leases = reference<types.V1Lease>("coordination.k8s.io", "v1", "leases", "Lease", true);
export const endpointSlices = reference<types.V1EndpointSlice>(
  "discovery.k8s.io",
  "v1",
  "endpointslices",
  "EndpointSlice",
  true,
);
export const eventsV1Events = reference<types.EventsV1Event>("events.k8s.io", "v1", "events", "Event", true);
export const priorityClasses = reference<types.V1PriorityClass>(
  "scheduling.k8s.io",
  "v1",
  "priorityclasses",
  "PriorityClass",
  false,
);
export const ingresses = reference<types.V1Ingress>("networking.k8s.io", "v1", "ingresses", "Ingress", true);
export const ingressClasses = reference<types.V1IngressClass>(
  "networking.k8s.io",
  "v1",
  "ingressclasses",
  "IngressClass",
  false,
);

const batch = <T>(resource: string, kind: string) => reference<T>("batch", "v1", resource, kind, true);

export const jobs = batch<types.V1Job>("jobs", "Job");
export const cronJobs = batch<types.V1CronJob>("cronjobs", "CronJob");

export const horizontalPodAutoscalers = reference<types.V2HorizontalPodAutoscaler>(
  "autoscaling",
  "v2",
  "horizontalpodautoscalers",
  "HorizontalPodAutoscaler",
  true,
);
export const podDisruptionBudgets = reference<types.V1PodDisruptionBudget>(
  "policy",
  "v1",
  "poddisruptionbudgets",
  "PodDisruptionBudget",
  true,
);

const admission = <T>(resource: string, kind: string) =>
  reference<T>("admissionregistration.k8s.io", "v1", resource, kind, false);

export const mutatingWebhookConfigurations = admission<types.V1MutatingWebhookConfiguration>(
  "mutatingwebhookconfigurations",
  "MutatingWebhookConfiguration",
);
export const validatingWebhookConfigurations = admission<types.V1ValidatingWebhookConfiguration>(
  "validatingwebhookconfigurations",
  "ValidatingWebhookConfiguration",
);
export const validatingAdmissionPolicies = admission<types.V1ValidatingAdmissionPolicy>(
  "validatingadmissionpolicies",
  "ValidatingAdmissionPolicy",
);
export const validatingAdmissionPolicyBindings = admission<types.V1ValidatingAdmissionPolicyBinding>(
  "validatingadmissionpolicybindings",
  "ValidatingAdmissionPolicyBinding",
);
export const mutatingAdmissionPolicies = admission<types.V1MutatingAdmissionPolicy>(
  "mutatingadmissionpolicies",
  "MutatingAdmissionPolicy",
);
export const mutatingAdmissionPolicyBindings = admission<types.V1MutatingAdmissionPolicyBinding>(
  "mutatingadmissionpolicybindings",
  "MutatingAdmissionPolicyBinding",
);
export const customResourceDefinitions = reference<types.V1CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "v1",
  "customresourcedefinitions",
  "CustomResourceDefinition",
  false,
);
export const apiServices = reference<types.V1APIService>(
  "apiregistration.k8s.io",
  "v1",
  "apiservices",
  "APIService",
  false,
);

const device = <T>(resource: string, kind: string, namespaced: boolean) =>
  reference<T>("resource.k8s.io", "v1", resource, kind, namespaced);

export const deviceClasses = device<types.V1DeviceClass>("deviceclasses", "DeviceClass", false);
export const resourceClaims = device<types.ResourceV1ResourceClaim>("resourceclaims", "ResourceClaim", true);
export const resourceClaimTemplates = device<types.V1ResourceClaimTemplate>(
  "resourceclaimtemplates",
  "ResourceClaimTemplate",
  true,
);
export const resourceSlices = device<types.V1ResourceSlice>("resourceslices", "ResourceSlice", false);

export const networkPolicies = reference<types.V1NetworkPolicy>(
  "networking.k8s.io",
  "v1",
  "networkpolicies",
  "NetworkPolicy",
  true,
);
export const ipAddresses = reference<types.V1IPAddress>("networking.k8s.io", "v1", "ipaddresses", "IPAddress", false);
export const serviceCidrs = reference<types.V1ServiceCIDR>(
  "networking.k8s.io",
  "v1",
  "servicecidrs",
  "ServiceCIDR",
  false,
);

const storage = <T>(resource: string, kind: string, namespaced = false) =>
  reference<T>("storage.k8s.io", "v1", resource, kind, namespaced);

export const storageClasses = storage<types.V1StorageClass>("storageclasses", "StorageClass");
export const csiDrivers = storage<types.V1CSIDriver>("csidrivers", "CSIDriver");
export const csiNodes = storage<types.V1CSINode>("csinodes", "CSINode");
export const csiStorageCapacities = storage<types.V1CSIStorageCapacity>(
  "csistoragecapacities",
  "CSIStorageCapacity",
  true,
);
export const volumeAttachments = storage<types.V1VolumeAttachment>("volumeattachments", "VolumeAttachment");
export const volumeAttributesClasses = storage<types.V1VolumeAttributesClass>(
  "volumeattributesclasses",
  "VolumeAttributesClass",
);

export const certificateSigningRequests = reference<types.V1CertificateSigningRequest>(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "CertificateSigningRequest",
  false,
);
export const runtimeClasses = reference<types.V1RuntimeClass>(
  "node.k8s.io",
  "v1",
  "runtimeclasses",
  "RuntimeClass",
  false,
);

const flowControl = <T>(resource: string, kind: string) =>
  reference<T>("flowcontrol.apiserver.k8s.io", "v1", resource, kind, false);

export const flowSchemas = flowControl<types.V1FlowSchema>("flowschemas", "FlowSchema");
export const priorityLevelConfigurations = flowControl<types.V1PriorityLevelConfiguration>(
  "prioritylevelconfigurations",
  "PriorityLevelConfiguration",
);

const rbac = <T>(resource: string, kind: string, namespaced: boolean) =>
  reference<T>("rbac.authorization.k8s.io", "v1", resource, kind, namespaced);

export const roles = rbac<types.V1Role>("roles", "Role", true);
export const roleBindings = rbac<types.V1RoleBinding>("rolebindings", "RoleBinding", true);
export const clusterRoles = rbac<types.V1ClusterRole>("clusterroles", "ClusterRole", false);
export const clusterRoleBindings = rbac<types.V1ClusterRoleBinding>("clusterrolebindings", "ClusterRoleBinding", false);

const authentication = <T>(resource: string, kind: string) =>
  reference<T>("authentication.k8s.io", "v1", resource, kind, false);

export const tokenReviews = authentication<types.V1TokenReview>("tokenreviews", "TokenReview");
export const selfSubjectReviews = authentication<types.V1SelfSubjectReview>("selfsubjectreviews", "SelfSubjectReview");

const authorization = <T>(resource: string, kind: string, namespaced = false) =>
  reference<T>("authorization.k8s.io", "v1", resource, kind, namespaced);

export const subjectAccessReviews = authorization<types.V1SubjectAccessReview>(
  "subjectaccessreviews",
  "SubjectAccessReview",
);
export const localSubjectAccessReviews = authorization<types.V1LocalSubjectAccessReview>(
  "localsubjectaccessreviews",
  "LocalSubjectAccessReview",
  true,
);
export const selfSubjectAccessReviews = authorization<types.V1SelfSubjectAccessReview>(
  "selfsubjectaccessreviews",
  "SelfSubjectAccessReview",
);
export const selfSubjectRulesReviews = authorization<types.V1SelfSubjectRulesReview>(
  "selfsubjectrulesreviews",
  "SelfSubjectRulesReview",
);
