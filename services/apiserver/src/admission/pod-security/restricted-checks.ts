import type { V1Container } from "@drydock/kube-api";
import {
  type Check,
  containersOf,
  containersText,
  hasOwnUsers,
  isWindows,
  namesWhere,
  plural,
  quoted,
  settersText,
  sorted,
} from "./check.ts";

const VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

const allowPrivilegeEscalation: Check = {
  id: "allowPrivilegeEscalation",
  level: "restricted",
  since: 8,
  run({ spec }, minor) {
    if (minor >= 25 && isWindows(spec)) return undefined;
    const names = namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
    if (names.length === 0) return undefined;
    const detail = `${containersText(names)} must set securityContext.allowPrivilegeEscalation=false`;
    return { reason: "allowPrivilegeEscalation != false", detail };
  },
};

const capabilities: Check = {
  id: "capabilities_restricted",
  level: "restricted",
  since: 22,
  overrides: "capabilities_baseline",
  run({ spec }, minor) {
    if (minor >= 25 && isWindows(spec)) return undefined;
    const added = (container: V1Container) =>
      (container.securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
    const keeping = namesWhere(
      spec,
      ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes("ALL"),
    );
    const adding = containersOf(spec).filter((container) => added(container).length > 0);
    const details = [
      ...(keeping.length > 0 ? [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
      ...(adding.length > 0
        ? [
            `${containersText(adding.map(({ name }) => name))} must not include ${quoted(sorted(adding.flatMap(added)))} in securityContext.capabilities.add`,
          ]
        : []),
    ];
    return details.length > 0 ? { reason: "unrestricted capabilities", detail: details.join("; ") } : undefined;
  },
};

const restrictedVolumes: Check = {
  id: "restrictedVolumes",
  level: "restricted",
  since: 0,
  overrides: "hostPathVolumes",
  run({ spec }) {
    const typesOf = (volume: object) =>
      Object.entries(volume).flatMap(([field, value]) => (field !== "name" && value !== undefined ? [field] : []));
    const bad = (spec.volumes ?? []).filter((volume) => !typesOf(volume).some((type) => VOLUMES.has(type)));
    if (bad.length === 0) return undefined;
    const types = sorted(bad.map((volume) => typesOf(volume)[0] ?? "unknown"));
    const verb = bad.length === 1 ? "uses" : "use";
    const names = `${plural("volume", bad.length)} ${quoted(bad.map(({ name }) => name))}`;
    const detail = `${names} ${verb} restricted volume ${plural("type", types.length)} ${quoted(types)}`;
    return { reason: "restricted volume types", detail };
  },
};

const runAsNonRoot: Check = {
  id: "runAsNonRoot",
  level: "restricted",
  since: 0,
  run({ spec }) {
    if (hasOwnUsers(spec)) return undefined;
    const ofPod = spec.securityContext?.runAsNonRoot;
    const reason = "runAsNonRoot != true";
    const setters = settersText(
      ofPod === false,
      namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false),
    );
    if (setters) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
    const names = ofPod ? [] : namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
    return names.length > 0
      ? { reason, detail: `pod or ${containersText(names)} must set securityContext.runAsNonRoot=true` }
      : undefined;
  },
};

const runAsUser: Check = {
  id: "runAsUser",
  level: "restricted",
  since: 23,
  run({ spec }) {
    if (hasOwnUsers(spec)) return undefined;
    const setters = settersText(
      spec.securityContext?.runAsUser === 0,
      namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0),
    );
    return setters ? { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` } : undefined;
  },
};

export const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
];
