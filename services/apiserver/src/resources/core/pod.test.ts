import { describeKind, type Row } from "../meta/kind-table.ts";
import { pod } from "./pod.ts";

const C = "spec.containers[0]";
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const main = { name: "main", image: "nginx" };
const container = (field: string, value: unknown, ...errors: string[]): Row => [
  `spec.containers.0.${field}`,
  value,
  ...errors.map((error) => `${C}.${error}`),
];
const volume = (source: object, ...errors: string[]): Row => [
  "spec.volumes",
  [{ name: "v", ...source }],
  ...errors.map((error) => `spec.volumes[0]${error}`),
];
const probe = (value: object, ...errors: string[]): Row => container("livenessProbe", value, ...errors);
const updateRule =
  "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const CONTAINER_ROWS: readonly Row[] = [
  container("name", "", "name: Required value"),
  container("name", "A", `name: Invalid value: "A": ${label}`),
  container("image", "", "image: Required value"),
  container("image", " a", 'image: Invalid value: " a": must not have leading or trailing whitespace'),
  container(
    "imagePullPolicy",
    "Sometimes",
    'imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ),
  container(
    "restartPolicyRules",
    [{ action: "Start", exitCodes: { operator: "Is", values: [1] } }, { action: "Restart" }],
    "restartPolicy: Required value: must specify restartPolicy when restart rules are used",
    'restartPolicyRules[0].action: Unsupported value: "Start": supported values: "Restart", "RestartAllContainers"',
    'restartPolicyRules[0].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"',
    "restartPolicyRules[1].exitCodes: Required value: must be specified",
  ),
  container(
    "terminationMessagePolicy",
    "X",
    'terminationMessagePolicy: Unsupported value: "X": supported values: "FallbackToLogsOnError", "File"',
  ),
  container(
    "ports",
    [
      { containerPort: 80, name: "a" },
      { containerPort: 0, name: "a", protocol: "X" },
    ],
    "ports[1].containerPort: Required value",
    'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    'ports[1].name: Duplicate value: "a"',
  ),
  container(
    "ports",
    [
      { containerPort: 80, hostPort: 80 },
      { containerPort: 81, hostPort: 80 },
    ],
    'ports[1].hostPort: Duplicate value: "TCP//80"',
  ),
  container(
    "env",
    [{ name: "" }, { name: "A", valueFrom: {} }],
    "env[0].name: Required value",
    'env[1].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
  ),
  container("env", [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }]),
  container(
    "env",
    [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } }],
    'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
  ),
  container(
    "env",
    [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.other" } } }],
    'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.other": error converting fieldPath: field label not supported: spec.other',
  ),
  container(
    "env",
    [{ name: "A", valueFrom: { resourceFieldRef: { resource: "limits.disk" } } }],
    'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.disk": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
  ),
  container(
    "env",
    [{ name: "A", value: "x", valueFrom: { secretKeyRef: { name: "", key: "" } } }],
    "env[0].valueFrom.secretKeyRef.name: Required value",
    "env[0].valueFrom.secretKeyRef.key: Required value",
    'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
  ),
  container("envFrom", [{}], 'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
  container(
    "volumeMounts",
    [{ name: "x", mountPath: "" }],
    "volumeMounts[0].mountPath: Required value",
    'volumeMounts[0].name: Not found: "x"',
  ),
  container("volumeDevices", [{ name: "x", devicePath: "/dev/x" }], 'volumeDevices[0].name: Not found: "x"'),
  container(
    "resources",
    { requests: { cpu: "2" }, limits: { cpu: "1", gpu: "1" } },
    'resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
    'resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
    'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ),
  container(
    "resources",
    { requests: { "example.com/gpu": "1.5" } },
    'resources.requests[example.com/gpu]: Invalid value: "1500m": must be an integer',
    "resources.limits: Required value: Limit must be set for non overcommitable resources",
  ),
  container(
    "resources",
    { limits: { "hugepages-2Mi": "2Mi" } },
    "resources: Forbidden: HugePages require cpu or memory",
  ),
  container(
    "securityContext",
    { runAsUser: -1, privileged: true, allowPrivilegeEscalation: false },
    "securityContext.privileged: Forbidden: disallowed by cluster policy",
    "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    'securityContext: Invalid value: {"runAsUser":-1,"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ),
  container(
    "securityContext",
    { seccompProfile: { type: "Localhost" } },
    "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost ",
  ),
  container(
    "resizePolicy",
    [{ resourceName: "disk", restartPolicy: "NotRequired" }],
    'resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
  ),
];

const PROBE_ROWS: readonly Row[] = [
  probe({}, "livenessProbe: Required value: must specify a handler type"),
  probe(
    { exec: { command: [] }, tcpSocket: { port: 80 } },
    "livenessProbe.exec.command: Required value",
    "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
  ),
  probe(
    { tcpSocket: { port: 0 } },
    "livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive",
  ),
  probe(
    { httpGet: { port: 80, scheme: "FTP", httpHeaders: [{ name: "a b", value: "" }] } },
    'livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
    "livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
  ),
  probe(
    { grpc: { port: 80 }, successThreshold: 2, periodSeconds: -1 },
    "livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
    "livenessProbe.successThreshold: Invalid value: 2: must be 1",
  ),
  container(
    "readinessProbe",
    { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 },
    "readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes",
  ),
  container(
    "lifecycle",
    { preStop: { sleep: { seconds: 31 } } },
    "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
  ),
];

const VOLUME_ROWS: readonly Row[] = [
  volume({ hostPath: { path: "" } }, ".hostPath.path: Required value"),
  volume(
    { hostPath: { path: "/a", type: "Pipe" } },
    '.hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ),
  volume({ emptyDir: {}, secret: { secretName: "s" } }, ".secret: Forbidden: may not specify more than 1 volume type"),
  volume(
    { secret: { secretName: "", defaultMode: 512, items: [{ key: "", path: "/a" }] } },
    ".secret.secretName: Required value",
    ".secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
    ".secret.items[0].key: Required value",
    '.secret.items[0].path: Invalid value: "/a": must be a relative path',
  ),
  volume(
    {
      configMap: {
        name: "c",
        items: [
          { key: "k", path: "../a" },
          { key: "k", path: "..a" },
        ],
      },
    },
    ".configMap.items[0].path: Invalid value: \"../a\": must not contain '..'",
    ".configMap.items[1].path: Invalid value: \"..a\": must not start with '..'",
  ),
  volume(
    { downwardAPI: { items: [{ path: "a" }] } },
    ".downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required",
  ),
  volume(
    {
      projected: {
        sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 5 } }, { configMap: { name: "" } }],
      },
    },
    ".projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
    ".projected.sources[1].configMap.name: Required value",
  ),
  volume({ persistentVolumeClaim: { claimName: "" } }, ".persistentVolumeClaim.claimName: Required value"),
  volume(
    { emptyDir: { sizeLimit: "-1" } },
    ".emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity",
  ),
  volume(
    { nfs: { server: "", path: "a" } },
    ".nfs.server: Required value",
    '.nfs.path: Invalid value: "a": must be an absolute path',
  ),
  volume({ csi: { driver: "" } }, ".csi.driver: Required value"),
  volume(
    { ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"] } } } },
    ".ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value",
  ),
  volume({ image: { reference: "" } }, ".image.reference: Required value"),
  volume(
    { gcePersistentDisk: { pdName: "d", partition: 300 } },
    ".gcePersistentDisk.partition: Invalid value: 300: must be between 0 and 255, inclusive",
  ),
  [
    "spec.volumes",
    [
      { name: "a", emptyDir: {} },
      { name: "a", emptyDir: {} },
    ],
    'spec.volumes[1].name: Duplicate value: "a"',
  ],
];

const POD_ROWS: readonly Row[] = [
  ["spec.containers", [], "spec.containers: Required value"],
  ["spec.containers", [main, main], 'spec.containers[1].name: Duplicate value: "main"'],
  [
    "spec.initContainers",
    [{ name: "init", image: "i", readinessProbe: { tcpSocket: { port: 1 } } }],
    "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ],
  [
    "spec.initContainers",
    [{ name: "init", image: "i", restartPolicy: "Always", readinessProbe: { tcpSocket: { port: 1 } } }],
  ],
  [
    "spec.restartPolicy",
    "Maybe",
    'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
  ],
  ["spec.dnsPolicy", "None", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
  [
    "spec.dnsConfig",
    { nameservers: ["x"] },
    'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    "spec.securityContext",
    { fsGroup: -1, sysctls: [{ name: "A B" }] },
    "spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    'spec.securityContext.sysctls[0].name: Invalid value: "A B": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
  ],
  ["spec.hostname", "A", `spec.hostname: Invalid value: "A": ${label}`],
  [
    "spec.activeDeadlineSeconds",
    0,
    "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
  ],
  [
    "spec.terminationGracePeriodSeconds",
    -1,
    "spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "spec.tolerations",
    [{ operator: "Equal" }, { key: "a", tolerationSeconds: 5 }],
    'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    "spec.tolerations[1].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
  ],
  [
    "spec.affinity",
    {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }],
      },
    },
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100",
  ],
  [
    "spec.affinity",
    {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: "a", operator: "Gt", values: [] }],
              matchFields: [{ key: "x", operator: "In", values: ["y"] }],
            },
          ],
        },
      },
    },
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "x": not a valid field selector key',
  ],
  [
    "spec.affinity",
    { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ matchLabelKeys: ["a"] }] } },
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
  ],
  [
    "spec.topologySpreadConstraints",
    [
      { maxSkew: 0, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", minDomains: 1 },
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", nodeTaintsPolicy: "X" },
    ],
    "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
    "spec.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
    'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, ScheduleAnyway}"',
    'spec.topologySpreadConstraints[1].nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"',
  ],
  [
    "spec.schedulingGates",
    [{ name: "a" }, { name: "a" }],
    'spec.schedulingGates[1]: Duplicate value: "a"',
    "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
  ],
  [
    "spec.resourceClaims",
    [{ name: "c" }],
    'spec.resourceClaims[0]: Invalid value: {"name":"c"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
  ],
  [
    "spec.hostAliases",
    [{ ip: "x" }],
    'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ["spec.os", { name: "dos" }, 'spec.os.name: Unsupported value: "dos": supported values: "linux", "windows"'],
  [
    "spec.ephemeralContainers",
    [{ name: "debug", image: "i", targetContainerName: "x", ports: [{ containerPort: 1 }] }],
    'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
    "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
  ],
];

describeKind(pod, {
  valid: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", labels: { hash: "1" } },
    spec: {
      containers: [main],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: {},
          matchLabelKeys: ["hash"],
        },
      ],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "zone", labelSelector: {}, mismatchLabelKeys: ["hash", "other"] },
          ],
        },
      },
    },
  },
  created: {
    "spec.topologySpreadConstraints.0.labelSelector": {
      matchExpressions: [{ key: "hash", operator: "In", values: ["1"] }],
    },
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.labelSelector": {
      matchExpressions: [{ key: "hash", operator: "NotIn", values: ["1"] }],
    },
  },
});

describeKind(pod, {
  valid: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: {
      nodeName: "node-1",
      volumes: [{ name: "data" }, { name: "token", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      containers: [
        {
          ...main,
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: "1" } },
          livenessProbe: { httpGet: { port: 80 } },
        },
      ],
    },
  },
  created: {
    "spec.restartPolicy": "Always",
    "spec.dnsPolicy": "ClusterFirst",
    "spec.terminationGracePeriodSeconds": 30,
    "spec.schedulerName": "default-scheduler",
    "spec.enableServiceLinks": true,
    "spec.securityContext": {},
    "spec.containers.0.imagePullPolicy": "Always",
    "spec.containers.0.terminationMessagePath": "/dev/termination-log",
    "spec.containers.0.terminationMessagePolicy": "File",
    "spec.containers.0.ports.0.protocol": "TCP",
    "spec.containers.0.resources": { limits: { cpu: "1" }, requests: { cpu: "1" } },
    "spec.containers.0.livenessProbe": {
      httpGet: { port: 80, scheme: "HTTP", path: "/" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    "spec.volumes.0.emptyDir": {},
    "spec.volumes.1.projected.defaultMode": 420,
    "spec.volumes.1.projected.sources.0.serviceAccountToken.expirationSeconds": 3600,
    status: { phase: "Pending", qosClass: "Burstable" },
  },
  create: [...CONTAINER_ROWS, ...PROBE_ROWS, ...VOLUME_ROWS, ...POD_ROWS],
  update: [
    ["spec.containers.0.image", "nginx:2"],
    ["spec.activeDeadlineSeconds", 60],
    ["spec.tolerations", [{ key: "a", operator: "Exists" }]],
    ["spec.containers.0.resources.limits.cpu", "2", updateRule],
    ["spec.hostname", "other", updateRule],
    [
      "spec.containers",
      [main, { name: "b", image: "i" }],
      "spec.containers: Forbidden: pod updates may not add or remove containers",
    ],
  ],
  columns: "Name | Ready | Status | Restarts | Age | (IP) | (Node) | (Nominated Node) | (Readiness Gates)",
  cells: [[{}, "0/1", "Pending", "0", "60s", "<none>", "node-1", "<none>", "<none>"]],
});
