import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidIp,
} from "@drydock/apimachinery";
import type { V1PodResourceClaim, V1PodSpec, V1PodTemplateSpec } from "@drydock/kube-api";
import { validateAnnotationKeys, validateLabels } from "../meta/label-rules.ts";
import { validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validatePodResources } from "./pod-level-resources.ts";
import { validateAffinity, validateSpread } from "./validate-affinity.ts";
import { type PodFacts, validateContainer, validateEphemeralContainer } from "./validate-container.ts";
import { validateDns } from "./validate-dns.ts";
import { validateHostPorts } from "./validate-ports.ts";
import { validatePodSecurityContext } from "./validate-security-context.ts";
import { validateTolerations } from "./validate-tolerations.ts";
import { validateVolumes } from "./validate-volumes.ts";
import { validateForSystem, validateHostProcesses } from "./validate-windows.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const SECONDS_MAX = 2 ** 31 - 1;
const DEFAULT_GRACE_SECONDS = 30;

/** Upstream's ValidatePodSpec, for pods and templates. */
export function validatePodSpec(spec: V1PodSpec | undefined, path: FieldPath): FieldError[] {
  if (!spec) return [fieldErrors.required(path.child("containers"))];
  return findings(
    validateVolumes(spec.volumes, path.child("volumes")),
    validateContainers(spec, path),
    validatePodResources(spec, path),
    requiredOneOf(path.child("restartPolicy"), spec.restartPolicy, RESTART_POLICIES),
    validateDns(spec, path),
    validateLabels(spec.nodeSelector, path.child("nodeSelector")),
    validatePodSecurityContext(spec.securityContext, spec, path.child("securityContext")),
    each(spec.imagePullSecrets, path.child("imagePullSecrets"), ({ name }, at) =>
      name ? [] : fieldErrors.required(at.child("name")),
    ),
    validateAffinity(spec.affinity, path.child("affinity")),
    each(spec.readinessGates, path.child("readinessGates"), ({ conditionType }, at) =>
      invalidTexts(at.child("conditionType"), conditionType, isQualifiedName(conditionType ?? "")),
    ),
    validateSpread(spec.topologySpreadConstraints, path.child("topologySpreadConstraints")),
    validateHostProcesses(spec, path),
    validateNames(spec, path),
    validateSeconds(spec, path),
    validateTolerations(spec.tolerations, path.child("tolerations")),
    each(spec.hostAliases, path.child("hostAliases"), ({ ip, hostnames }, at) => [
      invalidTexts(at.child("ip"), ip ?? "", isValidIp(ip ?? "")),
      each(hostnames, at.child("hostnames"), (name) =>
        invalidTexts(at.child("hostnames"), name, isDns1123Subdomain(name)),
      ),
    ]),
    optionalOneOf(path.child("preemptionPolicy"), spec.preemptionPolicy, ["Never", "PreemptLowerPriority"]),
    Object.entries(spec.overhead ?? {}).map(([name, quantity]) =>
      validateNonNegativeQuantity(quantity, path.child("overhead").key(name)),
    ),
    spec.os && requiredOneOf(path.child("os", "name"), spec.os.name, ["linux", "windows"]),
    validateForSystem(spec, path),
    validateGates(spec, path),
  );
}

export function validatePodTemplate(template: V1PodTemplateSpec | undefined, path: FieldPath): FieldError[] {
  return findings(
    validateLabels(template?.metadata?.labels, path.child("labels")),
    validateAnnotationKeys(template?.metadata?.annotations, path.child("annotations")),
    validatePodSpec(template?.spec, path.child("spec")),
    (template?.spec?.ephemeralContainers ?? []).length > 0 &&
      fieldErrors.forbidden(
        path.child("spec", "ephemeralContainers"),
        "ephemeral containers not allowed in pod template",
      ),
  );
}

function validateContainers(spec: V1PodSpec, path: FieldPath): Finding {
  const facts: PodFacts = {
    volumes: new Map((spec.volumes ?? []).map((volume) => [volume.name, volume])),
    claimNames: new Set((spec.resourceClaims ?? []).map(({ name }) => name)),
    graceSeconds: spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
    hasOwnUsers: spec.hostUsers === false,
  };
  const claimsPath = path.child("resourceClaims");
  const taken = new Set<string>();
  const once = (name: string, at: FieldPath): Finding => {
    const isTaken = taken.has(name);
    taken.add(name);
    return isTaken && fieldErrors.duplicate(at.child("name"), name);
  };
  const isHostNetwork = spec.hostNetwork ?? false;
  return [
    each(spec.resourceClaims, claimsPath, validateClaim),
    duplicates(
      spec.resourceClaims,
      (index) => claimsPath.index(index).child("name"),
      ({ name }) => name,
    ),
    (spec.containers ?? []).length === 0 && fieldErrors.required(path.child("containers")),
    each(spec.containers, path.child("containers"), (container, at) => [
      validateContainer(container, at, facts, false),
      once(container.name, at),
    ]),
    validateHostPorts(spec.containers, path.child("containers"), isHostNetwork),
    each(spec.initContainers, path.child("initContainers"), (container, at) => [
      validateContainer(container, at, facts, true),
      once(container.name, at),
    ]),
    validateHostPorts(spec.initContainers, path.child("initContainers"), isHostNetwork),
    each(spec.ephemeralContainers, path.child("ephemeralContainers"), (container, at) => [
      validateEphemeralContainer(container, at, facts, taken),
      once(container.name, at),
    ]),
  ];
}

function validateClaim(claim: V1PodResourceClaim, path: FieldPath): Finding {
  const { name, resourceClaimName, resourceClaimTemplateName } = claim;
  const rule = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
  return [
    name ? invalidTexts(path.child("name"), name, isDns1123Label(name)) : fieldErrors.required(path.child("name")),
    resourceClaimName !== undefined &&
      resourceClaimTemplateName !== undefined &&
      fieldErrors.invalid(
        path,
        claim,
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
      ),
    resourceClaimName === undefined &&
      resourceClaimTemplateName === undefined &&
      fieldErrors.invalid(path, claim, rule),
    (["resourceClaimName", "resourceClaimTemplateName"] as const).map(
      (field) => claim[field] && invalidTexts(path.child(field), claim[field], isDns1123Subdomain(claim[field])),
    ),
  ];
}

const NAMES = {
  serviceAccountName: isDns1123Subdomain,
  nodeName: isDns1123Subdomain,
  hostname: isDns1123Label,
  subdomain: isDns1123Label,
  priorityClassName: isDns1123Subdomain,
  runtimeClassName: isDns1123Subdomain,
} as const;

function validateNames(spec: V1PodSpec, path: FieldPath): Finding {
  return Object.entries(NAMES).map(([field, rule]) => {
    const value = spec[field as keyof typeof NAMES];
    return value && invalidTexts(path.child(field), value, rule(value));
  });
}

function validateSeconds(spec: V1PodSpec, path: FieldPath): Finding {
  const { activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec;
  return [
    deadline !== undefined &&
      (deadline < 1 || deadline > SECONDS_MAX) &&
      fieldErrors.invalid(
        path.child("activeDeadlineSeconds"),
        deadline,
        `must be between 1 and ${SECONDS_MAX}, inclusive`,
      ),
    grace !== undefined &&
      grace < 0 &&
      fieldErrors.invalid(path.child("terminationGracePeriodSeconds"), grace, "must be greater than or equal to 0"),
  ];
}

/** Gates keep a pod from being scheduled, so one that has any has no node. */
function validateGates({ schedulingGates, nodeName }: V1PodSpec, path: FieldPath): Finding {
  const at = path.child("schedulingGates");
  return [
    each(schedulingGates, at, ({ name }, where) => invalidTexts(where, name ?? "", isQualifiedName(name ?? ""))),
    duplicates(
      schedulingGates,
      (index) => at.index(index),
      ({ name }) => name,
    ),
    (schedulingGates ?? []).length > 0 &&
      nodeName &&
      fieldErrors.forbidden(path.child("nodeName"), "cannot be set until all schedulingGates have been cleared"),
  ];
}
