import { type FieldError, FieldPath, fieldErrors, isValidIp } from "@drydock/apimachinery";
import type { V1EndpointSlice } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";
import { immutable } from "../meta/rules.ts";

const TYPES = ["FQDN", "IPv4", "IPv6"];
const MAX_ENDPOINTS = 1000;
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

function validate(object: V1EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (!object.addressType) errors.push(fieldErrors.required(FieldPath.of("addressType")));
  else if (!TYPES.includes(object.addressType))
    errors.push(fieldErrors.notSupported(FieldPath.of("addressType"), object.addressType, TYPES));
  const path = FieldPath.of("endpoints");
  const count = object.endpoints?.length ?? 0;
  if (count > MAX_ENDPOINTS) errors.push(fieldErrors.tooMany(path, count, MAX_ENDPOINTS));
  (object.endpoints ?? []).forEach(({ addresses }, index) => {
    if ((addresses ?? []).length === 0)
      errors.push(fieldErrors.required(path.index(index).child("addresses"), "must contain at least 1 address"));
    if (object.addressType === "FQDN") return;
    (addresses ?? []).forEach((address, position) => {
      if (!isValidIp(address))
        errors.push(
          fieldErrors.invalid(
            path.index(index).child("addresses").index(position),
            address,
            "must be a valid IP address",
          ),
        );
    });
  });
  return errors;
}
