import {
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isValidIp,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1EndpointAddress, V1Endpoints } from "@drydock/kube-api";
import { loopbackUser } from "../../authentication/user-info.ts";
import type { ValidationContext } from "../../registry/definition.ts";
import { column, defineKind } from "../meta/define-kind.ts";
import { each, type Finding, invalidTexts, requiredOneOf } from "../meta/rules.ts";

/** kubectl shows this many addresses, then a count. */
const SHOWN = 3;

export const endpoints = defineKind<V1Endpoints>({
  kind: "Endpoints",
  resource: "endpoints",
  shortNames: ["ep"],
  schema: "io.k8s.api.core.v1.Endpoints",
  storagePrefix: "services/endpoints",
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  strategy: {
    setDefaults(object) {
      for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= "TCP";
    },
    validate,
    validateUpdate: (object, _old, context) => validate(object, context),
    allowCreateOnUpdate: true,
  },
  columns: [column("Endpoints", endpointsText)],
});

/** The server's own endpoints are where it listens, be that loopback. */
function validate(object: V1Endpoints, { user }: ValidationContext): FieldError[] {
  const mayBeLocal = user.name === loopbackUser.name;
  const validateAddress = (address: V1EndpointAddress, path: FieldPath) => [
    validatePlace(address, path),
    !mayBeLocal && validateReachable(address.ip ?? "", path.child("ip")),
  ];
  return each(object.subsets, FieldPath.of("subsets"), ({ addresses, notReadyAddresses, ports }, path) => [
    (addresses ?? []).length === 0 &&
      (notReadyAddresses ?? []).length === 0 &&
      fieldErrors.required(path, "must specify `addresses` or `notReadyAddresses`"),
    each(addresses, path.child("addresses"), validateAddress),
    each(notReadyAddresses, path.child("notReadyAddresses"), validateAddress),
    each(ports, path.child("ports"), ({ name, port, protocol }, at) => [
      name
        ? invalidTexts(at.child("name"), name, isDns1123Label(name))
        : (ports ?? []).length > 1 && fieldErrors.required(at.child("name")),
      invalidTexts(at.child("port"), port ?? 0, isValidPortNumber(port ?? 0)),
      requiredOneOf(at.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]),
    ]),
  ]);
}

function validatePlace({ ip, hostname, nodeName }: V1EndpointAddress, path: FieldPath): Finding {
  return [
    invalidTexts(path.child("ip"), ip ?? "", isValidIp(ip ?? "")),
    hostname && invalidTexts(path.child("hostname"), hostname, isDns1123Label(hostname)),
    nodeName && invalidTexts(path.child("nodeName"), nodeName, isDns1123Subdomain(nodeName)),
  ];
}

const UNREACHABLE: readonly [pattern: RegExp, text: string][] = [
  [/^(0\.0\.0\.0|::)$/, "may not be unspecified"],
  [/^(127\.|::1$)/, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [/^(169\.254\.|fe[89ab].:)/i, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [/^(224\.0\.0\.|ff.2:)/i, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];

/** Addresses that mean something else on every node. */
function validateReachable(ip: string, path: FieldPath): Finding {
  return UNREACHABLE.map(
    ([pattern, text]) =>
      pattern.test(ip) && fieldErrors.invalid(path, ip, text === "may not be unspecified" ? `${text} (${ip})` : text),
  );
}

function endpointsText({ subsets = [] }: V1Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  );
  if (all.length === 0) return "<none>";
  const rest = all.length - SHOWN;
  return all.slice(0, SHOWN).join(",") + (rest > 0 ? ` + ${rest} more...` : "");
}
