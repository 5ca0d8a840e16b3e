import {
  type FieldError,
  FieldPath,
  fieldErrors,
  ipFamilyOf,
  isDns1123Label,
  isDns1123Subdomain,
  isValidIp,
  isValidPortNumber,
} from "@drydock/apimachinery";
import type { V1Endpoint, V1EndpointSlice } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { each, type Finding, findings, immutable, invalidTexts, requiredOneOf, tooMany } from "../meta/rules.ts";

const TYPES = ["FQDN", "IPv4", "IPv6"];
const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_ZONE_HINTS = 8;
const SHOWN = 3;

export const endpointSlice = defineKind<V1EndpointSlice>({
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  resource: "endpointslices",
  schema: "io.k8s.api.discovery.v1.EndpointSlice",
  strategy: {
    generationOf: ({ endpoints, ports }) => ({ endpoints, ports }),
    setDefaults(object) {
      for (const port of object.ports ?? []) {
        port.name ??= "";
        port.protocol ??= "TCP";
      }
      object.endpoints ??= [];
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...immutable(object.addressType, old.addressType, FieldPath.of("addressType")),
    ],
  },
  columns: [
    column("AddressType", ({ addressType }) => addressType),
    column("Ports", ({ ports }) => shorten((ports ?? []).map(({ port }) => String(port ?? "*"))) || "<unset>"),
    column(
      "Endpoints",
      ({ endpoints }) => shorten((endpoints ?? []).flatMap(({ addresses }) => addresses)) || "<unset>",
    ),
  ],
});

function shorten(items: readonly string[]): string {
  const rest = items.length - SHOWN;
  return items.slice(0, SHOWN).join(",") + (rest > 0 ? ` + ${rest} more...` : "");
}

function validate({ addressType, endpoints, ports }: V1EndpointSlice): FieldError[] {
  const path = FieldPath.of("endpoints");
  const portsPath = FieldPath.of("ports");
  const names = (ports ?? []).map(({ name }) => name ?? "");
  return findings(
    requiredOneOf(FieldPath.of("addressType"), addressType, TYPES),
    tooMany(endpoints, path, MAX_ENDPOINTS),
    each(endpoints, path, (endpoint, at) => validateEndpoint(endpoint, at, addressType)),
    tooMany(ports, portsPath, MAX_PORTS),
    each(ports, portsPath, ({ name = "", port, protocol }, at, index) => [
      name !== "" && invalidTexts(at.child("name"), name, isDns1123Label(name)),
      names.indexOf(name) < index && fieldErrors.duplicate(at.child("name"), name),
      port !== undefined && invalidTexts(at.child("port"), port, isValidPortNumber(port)),
      requiredOneOf(at.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]),
    ]),
  );
}

function validateEndpoint(
  { addresses = [], hostname, nodeName, hints }: V1Endpoint,
  path: FieldPath,
  addressType: string,
): Finding {
  const at = path.child("addresses");
  return [
    addresses.length === 0 && fieldErrors.required(at, "must contain at least 1 address"),
    tooMany(addresses, at, MAX_ADDRESSES),
    addresses.map((address, index) => validateAddress(address, at.index(index), addressType)),
    hostname && invalidTexts(path.child("hostname"), hostname, isDns1123Label(hostname)),
    nodeName && invalidTexts(path.child("nodeName"), nodeName, isDns1123Subdomain(nodeName)),
    tooMany(hints?.forZones, path.child("hints", "forZones"), MAX_ZONE_HINTS),
  ];
}

function validateAddress(address: string, path: FieldPath, addressType: string): Finding {
  if (addressType === "FQDN") return invalidTexts(path, address, isDns1123Subdomain(address));
  if (isValidIp(address).length > 0) return invalidTexts(path, address, isValidIp(address));
  return (
    TYPES.includes(addressType) &&
    ipFamilyOf(address) !== addressType &&
    fieldErrors.invalid(path, address, `must be an ${addressType} address`)
  );
}
