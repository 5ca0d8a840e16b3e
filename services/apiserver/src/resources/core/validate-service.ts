import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidIp,
  isValidPortName,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1Service, V1ServicePort, V1ServiceSpec } from "@drydock/kube-api";
import { validateCidr } from "../meta/ip-rules.ts";
import { validateLabels } from "../meta/label-rules.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { validateClusterIps, validateKeptAddresses } from "./validate-cluster-ips.ts";

const SPEC = FieldPath.of("spec");
const CLUSTER_IP = SPEC.child("clusterIPs").index(0);
const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES = ["Cluster", "Local"];
const AFFINITY_SECONDS_MAX = 86_400;
const KUBELET_PORT = 10_250;
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Upstream's ValidateService. */
export function validateService({ spec }: V1Service): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC)];
  // Upstream looks at these before it gives addresses, and at nothing else if they are wrong.
  const first = validateClusterIps(spec);
  if (first.length > 0) return first;
  const isHeadless = spec.clusterIP === "None";
  return findings(
    (spec.ports ?? []).length === 0 &&
      !isHeadless &&
      spec.type !== "ExternalName" &&
      fieldErrors.required(SPEC.child("ports")),
    validateByType(spec, isHeadless),
    validatePorts(spec.ports ?? [], spec.type ?? "ClusterIP"),
    validateLabels(spec.selector, SPEC.child("selector")),
    validateAffinity(spec),
    requiredOneOf(SPEC.child("type"), spec.type, TYPES),
    each(spec.externalIPs, SPEC.child("externalIPs"), (ip, path) => invalidTexts(path, ip, isValidIp(ip))),
    validateLoadBalancer(spec),
    validatePolicies(spec),
  );
}

function validateByType(spec: V1ServiceSpec, isHeadless: boolean): Finding {
  const { type, clusterIP, externalName } = spec;
  if (type === "ExternalName")
    return [
      ...["clusterIPs", "ipFamilies", "ipFamilyPolicy"].map(
        (field) =>
          isSet(field === "clusterIPs" ? clusterIP : spec[field as "ipFamilies"]) &&
          fieldErrors.forbidden(SPEC.child(field), "may not be set for ExternalName services"),
      ),
      externalName
        ? invalidTexts(
            SPEC.child("externalName"),
            externalName,
            isDns1123Subdomain(externalName.replace(/\.$/, "").toLowerCase()),
          )
        : fieldErrors.required(SPEC.child("externalName")),
    ];
  const isExposed = type === "NodePort" || type === "LoadBalancer";
  return [
    isExposed && isHeadless && fieldErrors.invalid(CLUSTER_IP, "None", `may not be set to 'None' for ${type} services`),
    type === "LoadBalancer" &&
      (spec.ports ?? []).map(
        ({ port }, index) =>
          port === KUBELET_PORT &&
          fieldErrors.invalid(
            SPEC.child("ports").index(index),
            port,
            "may not expose port 10250 externally since it is used by kubelet",
          ),
      ),
  ];
}

function validatePorts(ports: readonly V1ServicePort[], type: string): FieldError[] {
  const path = SPEC.child("ports");
  const isExposed = type === "NodePort" || type === "LoadBalancer";
  return findings(
    each(ports, path, ({ name, port, protocol, targetPort, nodePort, appProtocol }, at) => [
      name
        ? invalidTexts(at.child("name"), name, isDns1123Label(name))
        : ports.length > 1 && fieldErrors.required(at.child("name")),
      invalidTexts(at.child("port"), port ?? 0, isValidPortNumber(port ?? 0)),
      requiredOneOf(at.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]),
      invalidTexts(
        at.child("targetPort"),
        targetPort,
        typeof targetPort === "number" ? isValidPortNumber(targetPort) : isValidPortName(targetPort ?? ""),
      ),
      appProtocol !== undefined && invalidTexts(at.child("appProtocol"), appProtocol, isQualifiedName(appProtocol)),
      !isExposed &&
        nodePort &&
        fieldErrors.forbidden(at.child("nodePort"), "may not be used when `type` is 'ClusterIP'"),
    ]),
    duplicates(
      ports,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
    each(ports, path, ({ port, protocol, nodePort }, at, index) => {
      const earlier = ports.slice(0, index).filter((other) => other.protocol === protocol);
      return [
        nodePort &&
          earlier.some((other) => other.nodePort === nodePort && other.port !== port) &&
          fieldErrors.duplicate(at.child("nodePort"), nodePort),
        earlier.some((other) => other.port === port) && fieldErrors.duplicate(at, { protocol, port }),
      ];
    }),
  );
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: V1ServiceSpec): Finding {
  const path = SPEC.child("sessionAffinityConfig");
  const seconds = config?.clientIP?.timeoutSeconds;
  const at = path.child("clientIP", "timeoutSeconds");
  return [
    requiredOneOf(SPEC.child("sessionAffinity"), sessionAffinity, ["ClientIP", "None"]),
    sessionAffinity === "ClientIP" && [
      !config && fieldErrors.required(path, "when session affinity type is ClientIP"),
      config &&
        seconds === undefined &&
        fieldErrors.required(path.child("clientIP"), "when session affinity type is ClientIP"),
      seconds !== undefined &&
        (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX) &&
        fieldErrors.invalid(at, seconds, `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`),
    ],
    sessionAffinity === "None" &&
      config &&
      fieldErrors.forbidden(path, "must not be set when session affinity is None"),
  ];
}

function validateLoadBalancer(spec: V1ServiceSpec): Finding {
  const isBalanced = spec.type === "LoadBalancer";
  const { loadBalancerSourceRanges: ranges, loadBalancerClass: name, allocateLoadBalancerNodePorts: allocates } = spec;
  const forbid = (field: string) => fieldErrors.forbidden(SPEC.child(field), ONLY_LOAD_BALANCER);
  return [
    (ranges ?? []).length > 0 &&
      (isBalanced
        ? each(ranges, SPEC.child("loadBalancerSourceRanges"), (range, path) => validateCidr(range.trim(), path))
        : forbid("loadBalancerSourceRanges")),
    isBalanced && allocates === undefined && fieldErrors.required(SPEC.child("allocateLoadBalancerNodePorts")),
    !isBalanced && allocates !== undefined && forbid("allocateLoadBalancerNodePorts"),
    name !== undefined &&
      (isBalanced
        ? invalidTexts(SPEC.child("loadBalancerClass"), name, isQualifiedName(name))
        : forbid("loadBalancerClass")),
  ];
}

function validatePolicies(spec: V1ServiceSpec): Finding {
  const { externalTrafficPolicy: external, healthCheckNodePort: port = 0, type } = spec;
  const isExposed = type === "NodePort" || type === "LoadBalancer" || (spec.externalIPs ?? []).length > 0;
  const path = SPEC.child("externalTrafficPolicy");
  const portPath = SPEC.child("healthCheckNodePort");
  return [
    external &&
      (isExposed
        ? optionalOneOf(path, external, POLICIES)
        : fieldErrors.invalid(path, external, "may only be set for externally-accessible services")),
    port < 0 && fieldErrors.invalid(portPath, port, "must be between 1 and 65535, inclusive"),
    port > 0 &&
      (type !== "LoadBalancer" || external !== "Local") &&
      fieldErrors.invalid(
        portPath,
        port,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    optionalOneOf(SPEC.child("internalTrafficPolicy"), spec.internalTrafficPolicy, POLICIES),
    optionalOneOf(SPEC.child("trafficDistribution"), spec.trafficDistribution, [
      "PreferClose",
      "PreferSameNode",
      "PreferSameZone",
    ]),
  ];
}

function isSet(value: string | readonly string[] | undefined): boolean {
  return value !== undefined && value.length > 0;
}

export function validateServiceUpdate(object: V1Service, old: V1Service): FieldError[] {
  const { spec } = object;
  const before = old.spec;
  if (spec && validateClusterIps(spec).length > 0) return validateService(object);
  const staysBalanced = before?.type === "LoadBalancer" && spec?.type === "LoadBalancer";
  return findings(
    validateService(object),
    spec && before && validateKeptAddresses(spec, before),
    staysBalanced &&
      spec.loadBalancerClass !== before.loadBalancerClass &&
      fieldErrors.invalid(SPEC.child("loadBalancerClass"), spec.loadBalancerClass, "may not change once set"),
  );
}
