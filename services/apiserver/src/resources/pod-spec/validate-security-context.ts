import { type FieldError, type FieldPath, fieldErrors, type Int64 } from "@drydock/apimachinery";
import type {
  V1AppArmorProfile,
  V1PodSecurityContext,
  V1PodSpec,
  V1SeccompProfile,
  V1SecurityContext,
  V1Sysctl,
} from "@drydock/kube-api";
import { each, type Finding, findings, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validateNoBacksteps } from "./validate-volume-sources.ts";
import { validateWindowsOptions } from "./validate-windows.ts";

const ID_MAX = 2 ** 31 - 1;
const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];
const SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SYSCTL_FORMAT = `(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}`;
const SYSCTL_LENGTH_MAX = 253;

function validateId(id: Int64 | undefined, path: FieldPath): Finding {
  return (
    id !== undefined &&
    (id < 0 || id > ID_MAX) &&
    fieldErrors.invalid(path, id, `must be between 0 and ${ID_MAX}, inclusive`)
  );
}

export function validateSecurityContext(
  context: V1SecurityContext | undefined,
  path: FieldPath,
  hasOwnUsers: boolean,
): FieldError[] {
  if (!context) return [];
  const { privileged, allowPrivilegeEscalation, capabilities, procMount } = context;
  return findings(
    privileged && fieldErrors.disallowed(path.child("privileged"), "disallowed by cluster policy"),
    validateId(context.runAsUser, path.child("runAsUser")),
    validateId(context.runAsGroup, path.child("runAsGroup")),
    optionalOneOf(path.child("procMount"), procMount, ["Default", "Unmasked"]),
    procMount === "Unmasked" &&
      !hasOwnUsers &&
      fieldErrors.invalid(path.child("procMount"), procMount, "`hostUsers` must be false to use `Unmasked`"),
    validateSeccomp(context.seccompProfile, path.child("seccompProfile")),
    allowPrivilegeEscalation === false && [
      privileged &&
        fieldErrors.invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"),
      capabilities?.add?.includes("CAP_SYS_ADMIN") &&
        fieldErrors.invalid(
          path,
          context,
          "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ),
    ],
    validateWindowsOptions(context.windowsOptions, path.child("windowsOptions")),
    validateAppArmor(context.appArmorProfile, path.child("appArmorProfile")),
  );
}

export function validatePodSecurityContext(
  context: V1PodSecurityContext | undefined,
  spec: V1PodSpec,
  path: FieldPath,
): FieldError[] {
  return findings(
    spec.hostUsers === false &&
      (["hostNetwork", "hostPID", "hostIPC"] as const).map(
        (field) => spec[field] && fieldErrors.forbidden(path.child(field), "when `hostUsers` is false"),
      ),
    spec.shareProcessNamespace &&
      spec.hostPID &&
      fieldErrors.invalid(
        path.child("shareProcessNamespace"),
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    context && [
      validateId(context.fsGroup, path.child("fsGroup")),
      validateId(context.runAsUser, path.child("runAsUser")),
      validateId(context.runAsGroup, path.child("runAsGroup")),
      each(context.supplementalGroups, path.child("supplementalGroups"), (id, at) => validateId(id, at)),
      validateSysctls(context.sysctls, path.child("sysctls"), spec),
      optionalOneOf(path.child("fsGroupChangePolicy"), context.fsGroupChangePolicy, ["Always", "OnRootMismatch"]),
      optionalOneOf(path.child("supplementalGroupsPolicy"), context.supplementalGroupsPolicy, ["Merge", "Strict"]),
      validateSeccomp(context.seccompProfile, path.child("seccompProfile")),
      validateWindowsOptions(context.windowsOptions, path.child("windowsOptions")),
      validateAppArmor(context.appArmorProfile, path.child("appArmorProfile")),
    ],
  );
}

function validateSysctls(sysctls: readonly V1Sysctl[] | undefined, path: FieldPath, spec: V1PodSpec): Finding {
  const names = (sysctls ?? []).map(({ name }) => name?.replaceAll("/", "."));
  const isName = (name: string) => name.length <= SYSCTL_LENGTH_MAX && new RegExp(`^${SYSCTL_FORMAT}$`).test(name);
  return each(sysctls, path, ({ name }, at, index) => [
    name
      ? !isName(name) &&
        fieldErrors.invalid(
          at.child("name"),
          name,
          `must have at most ${SYSCTL_LENGTH_MAX} characters and match regex ^${SYSCTL_FORMAT}$`,
        )
      : fieldErrors.required(at.child("name")),
    names.indexOf(names[index] as string) < index && fieldErrors.duplicate(at.child("name"), name),
    spec.hostNetwork &&
      names[index]?.startsWith("net.") &&
      fieldErrors.invalid(at.child("name"), name, "may not be specified when 'hostNetwork' is true"),
    spec.hostIPC &&
      /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(names[index] ?? "") &&
      fieldErrors.invalid(at.child("name"), name, "may not be specified when 'hostIPC' is true"),
  ]);
}

function validateSeccomp(profile: V1SeccompProfile | undefined, path: FieldPath): Finding {
  if (!profile) return [];
  const { type, localhostProfile: file } = profile;
  const at = path.child("localhostProfile");
  return [
    requiredOneOf(path.child("type"), type, PROFILE_TYPES, "type is required when seccompProfile is set"),
    type === "Localhost" &&
      (file
        ? [
            file.startsWith("/") && fieldErrors.invalid(at, file, "must be a relative path"),
            validateNoBacksteps(file, at),
          ]
        : fieldErrors.required(at, "must be set when seccomp type is Localhost ")),
    type !== "Localhost" &&
      file !== undefined &&
      fieldErrors.invalid(at, file, "can only be set when seccomp type is Localhost"),
  ];
}

function validateAppArmor(profile: V1AppArmorProfile | undefined, path: FieldPath): Finding {
  if (!profile) return [];
  const { type, localhostProfile: file } = profile;
  const at = path.child("localhostProfile");
  return [
    requiredOneOf(path.child("type"), type, PROFILE_TYPES, "type is required when appArmorProfile is set"),
    type === "Localhost" &&
      (file ?? "").trim() === "" &&
      fieldErrors.required(at, "must be set when AppArmor type is Localhost"),
    type !== "Localhost" &&
      file !== undefined &&
      fieldErrors.invalid(at, file, "can only be set when AppArmor type is Localhost"),
  ];
}
