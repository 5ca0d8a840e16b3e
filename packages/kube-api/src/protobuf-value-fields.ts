/**
 * Numbers and booleans that are no pointers in Go: their zero is written on the protobuf wire and absent from JSON. Keeping
 * one that is missing here costs a visible `false` or `0`; dropping a pointer's zero would change the meaning.
 */
const valueFields: Readonly<Record<string, readonly string[]>> = {
  ObjectMeta: ["generation"],
  ListMeta: [],
  PodSpec: ["hostNetwork", "hostPID", "hostIPC"],
  Container: ["stdin", "stdinOnce", "tty"],
  EphemeralContainerCommon: ["stdin", "stdinOnce", "tty"],
  ContainerPort: ["hostPort"],
  VolumeMount: ["readOnly"],
  Probe: ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"],
  PersistentVolumeClaimVolumeSource: ["readOnly"],
  NFSVolumeSource: ["readOnly"],
  PodStatus: ["observedGeneration"],
  PodCondition: ["observedGeneration"],
  NodeSpec: ["unschedulable"],
  DaemonEndpoint: [],
  ServiceSpec: ["publishNotReadyAddresses", "healthCheckNodePort"],
  ServicePort: ["nodePort"],
  EndpointPort: ["port"],
  ReplicationControllerSpec: ["minReadySeconds"],
  ReplicationControllerStatus: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
  ReplicaSetSpec: ["minReadySeconds"],
  ReplicaSetStatus: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
  DeploymentSpec: ["minReadySeconds", "paused"],
  DeploymentStatus: [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
  ],
  DaemonSetSpec: ["minReadySeconds"],
  DaemonSetStatus: ["observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable"],
  StatefulSetSpec: ["minReadySeconds"],
  StatefulSetStatus: ["observedGeneration", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
  JobStatus: ["active", "succeeded", "failed"],
  Event: ["count", "deprecatedCount"],
  EventSeries: [],
  PriorityClass: ["globalDefault"],
  ScaleSpec: ["replicas"],
  ResourceAttributes: [],
  SubjectAccessReviewStatus: ["denied"],
  SubjectRulesReviewStatus: [],
  TokenReviewStatus: ["authenticated"],
  Condition: ["observedGeneration"],
  LimitRangeItem: [],
  PodDisruptionBudgetStatus: ["observedGeneration"],
  SecretVolumeSource: [],
  CertificateSigningRequestSpec: [],
};

export function isValueField(message: string, field: string): boolean {
  return valueFields[message.slice(message.lastIndexOf(".") + 1)]?.includes(field) === true;
}
