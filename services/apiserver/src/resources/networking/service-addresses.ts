import {
  type FieldError,
  FieldPath,
  fieldErrors,
  ipFamilyOf,
  isDns1123Subdomain,
  isPathSegmentName,
} from "@drydock/apimachinery";
import type { V1IPAddress, V1ParentReference, V1ServiceCIDR } from "@drydock/kube-api";
import { column, defineKind, nameColumn, separateStatus } from "../meta/define-kind.ts";
import { canonicalIp, parseCidr, validateCidr } from "../meta/ip-rules.ts";
import { each, type Finding, findings, immutable, invalidTexts } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const PARENT = SPEC.child("parentRef");

export const ipAddress = defineKind<V1IPAddress>({
  group: "networking.k8s.io",
  kind: "IPAddress",
  resource: "ipaddresses",
  shortNames: ["ip"],
  isNamespaced: false,
  schema: "io.k8s.api.networking.v1.IPAddress",
  strategy: {
    validateName(name) {
      if (ipFamilyOf(name) === undefined) return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
      return canonicalIp(name) === name ? [] : ["must be a canonical format IP address"];
    },
    validate: ({ spec }) => validateParent(spec?.parentRef),
    validateUpdate: (object, old) => immutable(object.spec?.parentRef, old.spec?.parentRef, PARENT),
  },
  // Rows of upstream's have an age that its definitions do not mention; clients show what is defined.
  allColumns: [
    nameColumn,
    column("ParentRef", ({ spec }) => (spec?.parentRef ? parentText(spec.parentRef) : "<none>")),
  ],
  selectableFields: {},
});

function validateParent(reference: V1ParentReference | undefined): FieldError[] {
  if (!reference) return [fieldErrors.required(PARENT)];
  const { group, resource, namespace, name } = reference;
  const segment = (field: "resource" | "name", value: string | undefined): Finding =>
    value
      ? invalidTexts(PARENT.child(field), value, isPathSegmentName(value))
      : fieldErrors.required(PARENT.child(field));
  return findings(
    group && invalidTexts(PARENT.child("group"), group, isDns1123Subdomain(group)),
    segment("resource", resource),
    segment("name", name),
    namespace && invalidTexts(PARENT.child("namespace"), namespace, isPathSegmentName(namespace)),
  );
}

/** `services/default/kubernetes`. */
function parentText({ group, resource, namespace, name }: V1ParentReference): string {
  return [group ? `${resource}.${group}` : resource, ...(namespace ? [namespace] : []), name].join("/");
}

export const serviceCidr = defineKind<V1ServiceCIDR>({
  group: "networking.k8s.io",
  kind: "ServiceCIDR",
  resource: "servicecidrs",
  isNamespaced: false,
  schema: "io.k8s.api.networking.v1.ServiceCIDR",
  strategy: {
    ...separateStatus.main,
    generationOf: () => undefined,
    prepareForCreate(object) {
      object.status = {};
    },
    validate: validateRanges,
    validateUpdate(object, old) {
      const [now, before] = [object.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
      // One family may become two, as long as the first stays.
      const isUpgrade = before.length === 1 && now.length === 2 && now[0] === before[0];
      return isUpgrade ? validateRanges(object) : immutable(now, before, SPEC.child("cidrs"));
    },
  },
  columns: [column("CIDRs", ({ spec }) => spec?.cidrs?.join(",") ?? "")],
  subresources: {
    status: {
      ...separateStatus.statusAlone,
      // Ready has no reason, which conditions elsewhere must have.
      validateUpdate: () => [],
    },
  },
});

function validateRanges({ spec }: V1ServiceCIDR): FieldError[] {
  const path = SPEC.child("cidrs");
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [fieldErrors.required(path, "at least one CIDR required")];
  if (cidrs.length > 2) return [fieldErrors.invalid(path, spec, "may only hold up to 2 values")];
  const families = cidrs.map((text) => parseCidr(text)?.family);
  return findings(
    cidrs.length === 2 &&
      families[0] === families[1] &&
      families[0] !== undefined &&
      fieldErrors.invalid(path, spec, `may specify no more than one IP for each IP family, i.e ${cidrs.join(",")}`),
    each(cidrs, path, (text, at) => {
      const range = parseCidr(text);
      if (!range) return validateCidr(text, at);
      return range.hasHostBits && fieldErrors.invalid(at, text, "CIDR value should not have host bits set");
    }),
  );
}
