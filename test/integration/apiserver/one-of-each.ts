/** One object of a kind, and the head and row that `kubectl get` shows of it. */
export interface Specimen {
  /** As kubectl prints it with -o name. */
  readonly name: string;
  readonly manifest: string;
  readonly head: string;
  readonly row: RegExp;
}

const POD = '{restartPolicy: Never, containers: [{name: main, image: "busybox:1.36"}]}';
const TEMPLATE = `{metadata: {labels: {app: x}}, spec: {containers: [{name: main, image: busybox}]}}`;
const RULES = '{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}';

function specimen(
  apiVersion: string,
  kind: string,
  resource: string,
  body: string,
  head: string,
  row: RegExp,
  name = "one",
): Specimen {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return {
    name: `${resource}${group}/${name}`,
    manifest: `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n${body}\n`,
    head,
    row,
  };
}

export const SPECIMENS: readonly Specimen[] = [
  specimen(
    "batch/v1",
    "Job",
    "job",
    `spec: {template: {spec: ${POD}}}`,
    "NAME STATUS COMPLETIONS DURATION AGE",
    /^\S+ +Running +0\/1 +\d+s$/,
  ),
  specimen(
    "batch/v1",
    "CronJob",
    "cronjob",
    `spec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {spec: ${POD}}}}}`,
    "NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE",
    /^\S+ +\*\/5 \* \* \* \* +<none> +False +0 +<none> +\d+s$/,
  ),
  specimen(
    "apps/v1",
    "StatefulSet",
    "statefulset",
    `spec: {serviceName: x, selector: {matchLabels: {app: x}}, template: ${TEMPLATE}}`,
    "NAME READY AGE",
    /^\S+ +0\/1 +\d+s$/,
  ),
  specimen(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    "horizontalpodautoscaler",
    "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: one}, maxReplicas: 3}",
    "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE",
    /^\S+ +StatefulSet\/one +cpu: <unknown>\/80% +1 +3 +0 +\d+s$/,
  ),
  specimen(
    "policy/v1",
    "PodDisruptionBudget",
    "poddisruptionbudget",
    "spec: {minAvailable: 1, selector: {matchLabels: {app: x}}}",
    "NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE",
    /^\S+ +1 +N\/A +0 +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfiguration",
    "webhooks: []",
    "NAME WEBHOOKS AGE",
    /^\S+ +0 +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfiguration",
    "webhooks: []",
    "NAME WEBHOOKS AGE",
    /^\S+ +0 +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicy",
    `spec: {matchConstraints: {resourceRules: [${RULES}]}, validations: [{expression: "true"}]}`,
    "NAME VALIDATIONS PARAMKIND AGE",
    /^\S+ +1 +<unset> +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybinding",
    "spec: {policyName: none, validationActions: [Audit]}",
    "NAME POLICYNAME PARAMREF AGE",
    /^\S+ +none +<unset> +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "MutatingAdmissionPolicy",
    "mutatingadmissionpolicy",
    `spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [${RULES}]}, mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[]"}}]}`,
    "NAME MUTATIONS PARAMKIND AGE",
    /^\S+ +1 +<unset> +\d+s$/,
  ),
  specimen(
    "admissionregistration.k8s.io/v1",
    "MutatingAdmissionPolicyBinding",
    "mutatingadmissionpolicybinding",
    "spec: {policyName: none}",
    "NAME POLICYNAME PARAMREF AGE",
    /^\S+ +none +<unset> +\d+s$/,
  ),
  specimen(
    "apiregistration.k8s.io/v1",
    "APIService",
    "apiservice",
    "spec: {group: one.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {namespace: default, name: one}}",
    "NAME SERVICE AVAILABLE AGE",
    /^\S+ +default\/one +\S.*\d+s$/,
    "v1.one.example.com",
  ),
  specimen("resource.k8s.io/v1", "DeviceClass", "deviceclass", "spec: {}", "NAME AGE", /^\S+ +\d+s$/),
  specimen(
    "resource.k8s.io/v1",
    "ResourceClaim",
    "resourceclaim",
    "spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: one}}]}}",
    "NAME STATE AGE",
    /^\S+ +pending +\d+s$/,
  ),
  specimen(
    "resource.k8s.io/v1",
    "ResourceClaimTemplate",
    "resourceclaimtemplate",
    "spec: {spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: one}}]}}}",
    "NAME AGE",
    /^\S+ +\d+s$/,
  ),
  specimen(
    "resource.k8s.io/v1",
    "ResourceSlice",
    "resourceslice",
    "spec: {nodeName: node-1, driver: gpu.example.com, pool: {name: node-1, generation: 1, resourceSliceCount: 1}, devices: [{name: gpu-0}]}",
    "NAME NODE DRIVER POOL AGE",
    /^\S+ +node-1 +gpu\.example\.com +node-1 +\d+s$/,
  ),
];
