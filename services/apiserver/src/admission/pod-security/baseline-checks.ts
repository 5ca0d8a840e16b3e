import type { V1Container } from "@drydock/kube-api";
import {
  type Check,
  containersOf,
  containersText,
  hasOwnUsers,
  namesWhere,
  plural,
  quoted,
  settersText,
  sorted,
} from "./check.ts";

const DEFAULT_CAPABILITIES = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);
const APP_ARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";
const SAFE_SYSCTLS: readonly (readonly [since: number, names: readonly string[]])[] = [
  [
    0,
    [
      "kernel.shm_rmid_forced",
      "net.ipv4.ip_local_port_range",
      "net.ipv4.tcp_syncookies",
      "net.ipv4.ping_group_range",
      "net.ipv4.ip_unprivileged_port_start",
    ],
  ],
  [27, ["net.ipv4.ip_local_reserved_ports"]],
  [
    29,
    [
      "net.ipv4.tcp_keepalive_time",
      "net.ipv4.tcp_fin_timeout",
      "net.ipv4.tcp_keepalive_intvl",
      "net.ipv4.tcp_keepalive_probes",
    ],
  ],
  [32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]],
];

/** AppArmor by annotation or by field: the runtime's own profile, or one of the node. */
const appArmorProfile: Check = {
  id: "appArmorProfile",
  level: "baseline",
  since: 0,
  run({ metadata, spec }) {
    const isBad = (type: string | undefined) => type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
    const ofPod = spec.securityContext?.appArmorProfile?.type;
    const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.appArmorProfile?.type));
    const setters = settersText(
      isBad(ofPod),
      bad.map(({ name }) => name),
    );
    const types = [
      ...(isBad(ofPod) ? [ofPod as string] : []),
      ...bad.map(({ securityContext }) => String(securityContext?.appArmorProfile?.type)),
    ];
    const annotations = Object.entries(metadata.annotations ?? {})
      .filter(([key, value]) => key.startsWith(APP_ARMOR_PREFIX) && !/^$|^runtime\/default$|^localhost\//.test(value))
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    const details = [
      ...(setters ? [`${setters} must not set AppArmor profile type to ${quoted(sorted(types))}`] : []),
      ...sorted(annotations),
    ];
    const count = sorted(types).length + annotations.length;
    return details.length > 0
      ? { reason: plural("forbidden AppArmor profile", count), detail: details.join(", ") }
      : undefined;
  },
};

const capabilities: Check = {
  id: "capabilities_baseline",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const added = (container: V1Container) =>
      (container.securityContext?.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.has(name));
    const bad = containersOf(spec).filter((container) => added(container).length > 0);
    if (bad.length === 0) return undefined;
    const detail = `${containersText(bad.map(({ name }) => name))} must not include ${quoted(sorted(bad.flatMap(added)))} in securityContext.capabilities.add`;
    return { reason: "non-default capabilities", detail };
  },
};

const hostNamespaces: Check = {
  id: "hostNamespaces",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]);
    return shared.length > 0
      ? { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") }
      : undefined;
  },
};

const hostPathVolumes: Check = {
  id: "hostPathVolumes",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
    return names.length > 0
      ? { reason: "hostPath volumes", detail: `${plural("volume", names.length)} ${quoted(names)}` }
      : undefined;
  },
};

const hostPorts: Check = {
  id: "hostPorts",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const used = (container: V1Container) =>
      (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
    const bad = containersOf(spec).filter((container) => used(container).length > 0);
    if (bad.length === 0) return undefined;
    const ports = sorted(bad.flatMap(used));
    const verb = bad.length === 1 ? "uses" : "use";
    const detail = `${containersText(bad.map(({ name }) => name))} ${verb} ${plural("hostPort", ports.length)} ${ports.join(", ")}`;
    return { reason: "hostPort", detail };
  },
};

const hostProbesAndHostLifecycle: Check = {
  id: "hostProbesAndHostLifecycle",
  level: "baseline",
  since: 34,
  run({ spec }) {
    const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: V1Container) =>
      [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
        .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
        .filter((host): host is string => Boolean(host));
    const bad = containersOf(spec).filter((container) => hosts(container).length > 0);
    if (bad.length === 0) return undefined;
    const all = sorted(bad.flatMap(hosts));
    const names = sorted(bad.map(({ name }) => name));
    const verb = names.length === 1 ? "uses" : "use";
    const detail = `${containersText(names)} ${verb} ${plural("probe or lifecycle host", all.length)} ${quoted(all)}`;
    return { reason: "probe or lifecycle host", detail };
  },
};

const privileged: Check = {
  id: "privileged",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const names = namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true);
    return names.length > 0
      ? { reason: "privileged", detail: `${containersText(names)} must not set securityContext.privileged=true` }
      : undefined;
  },
};

const procMount: Check = {
  id: "procMount",
  level: "baseline",
  since: 0,
  run({ spec }) {
    if (hasOwnUsers(spec)) return undefined;
    const isBad = (mount: string | undefined) => mount !== undefined && mount !== "Default";
    const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.procMount));
    if (bad.length === 0) return undefined;
    const types = sorted(bad.map(({ securityContext }) => String(securityContext?.procMount)));
    const detail = `${containersText(bad.map(({ name }) => name))} must not set securityContext.procMount to ${quoted(types)}`;
    return { reason: "procMount", detail };
  },
};

const seLinuxOptions: Check = {
  id: "seLinuxOptions",
  level: "baseline",
  since: 0,
  run({ spec }, minor) {
    const types = new Set(["", "container_t", "container_init_t", "container_kvm_t"]);
    if (minor >= 31) types.add("container_engine_t");
    const isBad = (options: { type?: string; user?: string; role?: string } | undefined) =>
      options !== undefined && (!types.has(options.type ?? "") || Boolean(options.user) || Boolean(options.role));
    const ofPod = spec.securityContext?.seLinuxOptions;
    const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    const setters = settersText(
      isBad(ofPod),
      bad.map(({ name }) => name),
    );
    if (!setters) return undefined;
    const all = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
    const badTypes = sorted(all.map((options) => options?.type ?? "").filter((type) => !types.has(type)));
    const what = [
      ...(badTypes.length > 0 ? [`${plural("type", badTypes.length)} ${quoted(badTypes)}`] : []),
      ...(all.some((options) => options?.user) ? ["user may not be set"] : []),
      ...(all.some((options) => options?.role) ? ["role may not be set"] : []),
    ];
    const detail = `${setters} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`;
    return { reason: "seLinuxOptions", detail };
  },
};

const sysctls: Check = {
  id: "sysctls",
  level: "baseline",
  since: 0,
  run({ spec }, minor) {
    const safe = new Set(SAFE_SYSCTLS.filter(([since]) => since <= minor).flatMap(([, names]) => names));
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.has(name));
    return names.length > 0 ? { reason: "forbidden sysctls", detail: names.join(", ") } : undefined;
  },
};

const windowsHostProcess: Check = {
  id: "windowsHostProcess",
  level: "baseline",
  since: 0,
  run({ spec }) {
    const isPod = spec.securityContext?.windowsOptions?.hostProcess === true;
    const names = namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
    const setters = settersText(isPod, names);
    return setters
      ? { reason: "hostProcess", detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
      : undefined;
  },
};

export const baselineChecks: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  sysctls,
  windowsHostProcess,
];
