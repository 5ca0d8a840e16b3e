import { type FieldError, type FieldPath, fieldErrors, type Int64, isDns1123Label } from "@drydock/apimachinery";
import type { V1Container, V1EphemeralContainer, V1Volume } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validateEnv, validateEnvFrom } from "./validate-env.ts";
import { validateMounts } from "./validate-mounts.ts";
import { validatePorts } from "./validate-ports.ts";
import { validateProbesAndHooks } from "./validate-probes.ts";
import { validateResizePolicy, validateResources } from "./validate-resources.ts";
import { validateSecurityContext } from "./validate-security-context.ts";

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const TERMINATION_POLICIES = ["FallbackToLogsOnError", "File"];
const RESTART_POLICIES = ["Always", "Never", "OnFailure"];
const RESTART_ACTIONS = ["Restart", "RestartAllContainers"];

/** What a container's rules need to know of its pod. */
export interface PodFacts {
  readonly volumes: ReadonlyMap<string, V1Volume>;
  readonly claimNames: ReadonlySet<string>;
  readonly graceSeconds: Int64;
  /** In a user namespace of its own. */
  readonly hasOwnUsers: boolean;
}

/** Upstream's validateContainerCommon, with what init and ordinary containers have beyond it. */
export function validateContainer(
  container: V1Container,
  path: FieldPath,
  facts: PodFacts,
  isInit: boolean,
): FieldError[] {
  return findings(
    validateShared(container, path, facts),
    validateProbesAndHooks(container, path, facts.graceSeconds, !isInit || container.restartPolicy === "Always"),
    optionalOneOf(path.child("restartPolicy"), container.restartPolicy, RESTART_POLICIES),
    validateRestartRules(container, path),
  );
}

/** What a container's end leads to, by its exit code. */
function validateRestartRules({ restartPolicy, restartPolicyRules = [] }: V1Container, path: FieldPath): Finding {
  const mustSay = "must specify restartPolicy when restart rules are used";
  return [
    restartPolicyRules.length > 0 && !restartPolicy && fieldErrors.required(path.child("restartPolicy"), mustSay),
    each(restartPolicyRules, path.child("restartPolicyRules"), ({ action, exitCodes }, at) => [
      optionalOneOf(at.child("action"), action ?? "", RESTART_ACTIONS),
      exitCodes
        ? optionalOneOf(at.child("exitCodes", "operator"), exitCodes.operator ?? "", ["In", "NotIn"])
        : fieldErrors.required(at.child("exitCodes"), "must be specified"),
    ]),
  ];
}

function validateShared(container: V1Container, path: FieldPath, facts: PodFacts): Finding {
  const { name, image, imagePullPolicy, terminationMessagePolicy } = container;
  const imagePath = path.child("image");
  return [
    name ? invalidTexts(path.child("name"), name, isDns1123Label(name)) : fieldErrors.required(path.child("name")),
    image
      ? image !== image.trim() && fieldErrors.invalid(imagePath, image, "must not have leading or trailing whitespace")
      : fieldErrors.required(imagePath),
    requiredOneOf(path.child("terminationMessagePolicy"), terminationMessagePolicy, TERMINATION_POLICIES),
    validatePorts(container.ports, path.child("ports")),
    validateEnv(container.env, path.child("env")),
    validateEnvFrom(container.envFrom, path.child("envFrom")),
    validateMounts(container, path, facts.volumes),
    requiredOneOf(path.child("imagePullPolicy"), imagePullPolicy, PULL_POLICIES),
    validateResources(container.resources, path.child("resources"), facts.claimNames),
    validateResizePolicy(container.resizePolicy, path.child("resizePolicy")),
    validateSecurityContext(container.securityContext, path.child("securityContext"), facts.hasOwnUsers),
  ];
}

const NOT_FOR_DEBUGGING = [
  "ports",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
  "resizePolicy",
] as const;

/** A container for debugging: it reserves nothing and is not looked after. */
export function validateEphemeralContainer(
  container: V1EphemeralContainer,
  path: FieldPath,
  facts: PodFacts,
  names: ReadonlySet<string>,
): FieldError[] {
  const { resources, targetContainerName, volumeMounts } = container;
  const text = "cannot be set for an Ephemeral Container";
  const hasResources = Object.values(resources ?? {}).some((value) => value && Object.keys(value).length > 0);
  return findings(
    validateShared(container as V1Container, path, facts),
    targetContainerName &&
      !names.has(targetContainerName) &&
      fieldErrors.notFoundValue(path.child("targetContainerName"), targetContainerName),
    NOT_FOR_DEBUGGING.map((field) => container[field] !== undefined && fieldErrors.forbidden(path.child(field), text)),
    hasResources && fieldErrors.forbidden(path.child("resources"), text),
    (volumeMounts ?? []).map((mount, index) =>
      (["subPath", "subPathExpr"] as const).map(
        (field) => mount[field] && fieldErrors.forbidden(path.child("volumeMounts").index(index).child(field), text),
      ),
    ),
  );
}
