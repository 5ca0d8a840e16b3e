import { type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import type {
  V1Container,
  V1PodSecurityContext,
  V1PodSpec,
  V1SecurityContext,
  V1WindowsSecurityContextOptions,
} from "@drydock/kube-api";
import { type Finding, findings } from "../meta/rules.ts";

const CREDENTIAL_KIB_MAX = 64;
const DOMAIN_MAX = 256;
const USER_MAX = 104;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const CONTROL = /\p{Cc}/u;

/** What Windows alone reads of a security context, whatever the pod's system. */
export function validateWindowsOptions(
  options: V1WindowsSecurityContextOptions | undefined,
  path: FieldPath,
): FieldError[] {
  if (!options) return [];
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  const at = path.child("gmsaCredentialSpec");
  return findings(
    specName !== undefined &&
      isDns1123Subdomain(specName).map((text) =>
        fieldErrors.invalid(path.child("gmsaCredentialSpecName"), specName, text),
      ),
    spec === "" && fieldErrors.invalid(at, spec, "gmsaCredentialSpec cannot be an empty string"),
    Buffer.byteLength(spec ?? "") > CREDENTIAL_KIB_MAX * 1024 &&
      fieldErrors.invalid(at, spec, `gmsaCredentialSpec size must be under ${CREDENTIAL_KIB_MAX} KiB`),
    runAsUserName !== undefined &&
      userNameTexts(runAsUserName).map((text) =>
        fieldErrors.invalid(path.child("runAsUserName"), runAsUserName, `runAsUserName${text}`),
      ),
  );
}

/** `DOMAIN\user` or `user`. */
function userNameTexts(name: string): string[] {
  if (name === "") return [" cannot be an empty string"];
  if (CONTROL.test(name)) return [" cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return [" cannot contain more than one backslash"];
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  const user = parts.at(-1) as string;
  const isDomain = domain === undefined || NETBIOS.test(domain) || isDns1123Subdomain(domain).length === 0;
  return [
    (domain ?? "").length >= DOMAIN_MAX && `'s Domain length must be under ${DOMAIN_MAX} characters`,
    !isDomain && "'s Domain doesn't match the NetBios nor the DNS format",
    user === "" && "'s User cannot be empty",
    user.length > USER_MAX && `'s User length must not be longer than ${USER_MAX} characters`,
    /^[. ]+$/.test(user) && "'s User cannot contain only periods or spaces",
    /["/\\:;|=,+*?<>@[\]]/.test(user) && "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]",
  ].filter((text) => text !== false);
}

interface Placed {
  readonly container: V1Container;
  readonly path: FieldPath;
}

function containersOf(spec: V1PodSpec, path: FieldPath): Placed[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    ((spec[list] ?? []) as V1Container[]).map((container, index) => ({
      container,
      path: path.child(list).index(index),
    })),
  );
}

/** All containers of a pod are processes of the host, or none. */
export function validateHostProcesses(spec: V1PodSpec, path: FieldPath): Finding {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const placed = containersOf(spec, path);
  const own = ({ container }: Placed) => container.securityContext?.windowsOptions?.hostProcess;
  const differing = placed.filter((one) => own(one) !== undefined && ofPod !== undefined && own(one) !== ofPod);
  const count = placed.filter((one) => own(one) ?? ofPod ?? false).length;
  const all = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
  return [
    differing.map((one) =>
      fieldErrors.invalid(
        one.path.child("securityContext", "windowsOptions", "hostProcess"),
        own(one),
        `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
      ),
    ),
    count > 0 && count !== placed.length && fieldErrors.invalid(path, "", all),
    count > 0 &&
      !spec.hostNetwork &&
      fieldErrors.invalid(
        path.child("hostNetwork"),
        spec.hostNetwork ?? false,
        "hostNetwork must be true if pod contains any hostProcess containers",
      ),
    count > 0 && fieldErrors.disallowed(path, "hostProcess containers are disallowed by cluster policy"),
  ];
}

/** What a pod may not say that runs on the other system. */
export function validateForSystem(spec: V1PodSpec, path: FieldPath): Finding {
  if (spec.os?.name === "linux") return validateForLinux(spec, path);
  return spec.os?.name === "windows" && validateForWindows(spec, path);
}

function validateForLinux(spec: V1PodSpec, path: FieldPath): Finding {
  const forbid = (context: V1PodSecurityContext | V1SecurityContext | undefined, at: FieldPath): Finding =>
    context?.windowsOptions &&
    fieldErrors.forbidden(
      at.child("securityContext", "windowsOptions"),
      "windows options cannot be set for a linux pod",
    );
  return [
    forbid(spec.securityContext, path),
    containersOf(spec, path).map((one) => forbid(one.container.securityContext, one.path)),
  ];
}

const POD_FIELDS = [
  ...["securityContext.appArmorProfile", "securityContext.seLinuxOptions", "hostUsers", "hostPID", "hostIPC"],
  ...["securityContext.seccompProfile", "securityContext.fsGroup", "securityContext.fsGroupChangePolicy"],
  ...["securityContext.sysctls", "shareProcessNamespace", "securityContext.runAsUser", "securityContext.runAsGroup"],
  ...["securityContext.supplementalGroups", "securityContext.supplementalGroupsPolicy"],
  "securityContext.seLinuxChangePolicy",
];
const CONTAINER_FIELDS = [
  ...["appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged"],
  ...["allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"],
].map((field) => `securityContext.${field}`);
/** Of these, being false or empty is as good as not being there. */
const VALUES: ReadonlySet<string> = new Set(["hostPID", "hostIPC", "securityContext.sysctls"]);

function validateForWindows(spec: V1PodSpec, path: FieldPath): Finding {
  return [
    forbidden(spec, POD_FIELDS, path),
    containersOf(spec, path).map((one) => forbidden(one.container, CONTAINER_FIELDS, one.path)),
  ];
}

function forbidden(value: object, fields: readonly string[], path: FieldPath): Finding {
  return fields.map((field) => {
    const names = field.split(".") as [string, ...string[]];
    const found = names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value);
    const isSet = VALUES.has(field) ? !!found && (!Array.isArray(found) || found.length > 0) : found !== undefined;
    return isSet && fieldErrors.forbidden(path.child(...names), "cannot be set for a windows pod");
  });
}
