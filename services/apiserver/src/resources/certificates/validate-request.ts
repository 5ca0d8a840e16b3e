import { type FieldError, FieldPath, fieldErrors, isDns1123Label, isDns1123Subdomain } from "@drydock/apimachinery";
import type { V1CertificateSigningRequest } from "@drydock/kube-api";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const STATUS = FieldPath.of("status");
const SECONDS_MIN = 600;
const SIGNER_LENGTH_MAX = 571;
const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

export function validateRequest(object: V1CertificateSigningRequest): FieldError[] {
  const { spec } = object;
  const { request = "", usages = [], signerName, expirationSeconds: seconds } = spec ?? {};
  const usagesPath = SPEC.child("usages");
  return findings(
    !isPemRequest(request) &&
      fieldErrors.invalid(SPEC.child("request"), request || null, "PEM block type must be CERTIFICATE REQUEST"),
    usages.length === 0 && fieldErrors.required(usagesPath),
    each(usages, usagesPath, (usage, path) => optionalOneOf(path, usage, USAGES)),
    duplicates(
      usages,
      (index) => usagesPath.index(index),
      (usage) => usage,
    ),
    signerName === "kubernetes.io/legacy-unknown"
      ? fieldErrors.invalid(
          SPEC.child("signerName"),
          signerName,
          "the legacy signerName is not allowed via this API version",
        )
      : validateSignerName(signerName, SPEC.child("signerName")),
    seconds !== undefined &&
      seconds < SECONDS_MIN &&
      fieldErrors.invalid(
        SPEC.child("expirationSeconds"),
        seconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    validateRequestConditions(object),
  );
}

function isPemRequest(base64: string): boolean {
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const match = /-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(pem);
  return match?.[1] === "CERTIFICATE REQUEST";
}

/** `example.com/signer-name`. */
function validateSignerName(name: string | undefined, path: FieldPath): Finding {
  if (!name) return fieldErrors.required(path);
  const slash = name.indexOf("/");
  if (slash < 0)
    return fieldErrors.invalid(
      path,
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
  const domain = name.slice(0, slash);
  const labels = domain.split(".");
  const segment = name.slice(slash + 1);
  return [
    labels.map((label) =>
      isDns1123Label(label).map((text) =>
        fieldErrors.invalid(path, domain, `validating label ${JSON.stringify(label)}: ${text}`),
      ),
    ),
    labels.length < 2 &&
      fieldErrors.invalid(path, domain, "should be a domain with at least two segments separated by dots"),
    segment === ""
      ? fieldErrors.invalid(
          path,
          name,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        )
      : segment.split(".").map((part) => invalidTexts(path, segment, isDns1123Subdomain(part))),
    name.length > SIGNER_LENGTH_MAX && fieldErrors.tooLong(path, SIGNER_LENGTH_MAX),
  ];
}

/** Both subresources hold to these. */
export function validateRequestConditions({ status }: V1CertificateSigningRequest): FieldError[] {
  const path = STATUS.child("conditions");
  const conditions = status?.conditions ?? [];
  const exclusive: Readonly<Record<string, string>> = { Approved: "Denied", Denied: "Approved" };
  return findings(
    each(conditions, path, ({ type, status: value }, at, index) => [
      !type && fieldErrors.required(at.child("type")),
      !value && fieldErrors.required(at.child("status")),
      value &&
        optionalOneOf(
          at.child("status"),
          value,
          ["Approved", "Denied", "Failed"].includes(type) ? ["True"] : ["False", "True", "Unknown"],
        ),
      conditions.slice(0, index).some((earlier) => earlier.type === exclusive[type]) &&
        fieldErrors.invalid(at.child("type"), type, "Approved and Denied conditions are mutually exclusive"),
    ]),
    duplicates(
      conditions,
      (index) => path.index(index).child("type"),
      ({ type }) => type,
    ),
  );
}

export function validateStatusUpdate(
  object: V1CertificateSigningRequest,
  old: V1CertificateSigningRequest,
): FieldError[] {
  const path = STATUS.child("certificate");
  const certificate = object.status?.certificate ?? "";
  const before = old.status?.certificate ?? "";
  const pem = Buffer.from(certificate, "base64").toString("latin1");
  return findings(
    validateRequestConditions(object),
    validateKept(object, old, ["Failed"]),
    before !== "" &&
      certificate !== before &&
      fieldErrors.forbidden(path, "updates may not modify existing certificate content"),
    certificate !== "" &&
      certificate !== before &&
      !pem.includes("-----BEGIN CERTIFICATE-----") &&
      fieldErrors.invalid(path, "<certificate data>", "must contain at least one CERTIFICATE PEM block"),
  );
}

/** A verdict once given stays. */
export function validateKept(
  object: V1CertificateSigningRequest,
  old: V1CertificateSigningRequest,
  types: readonly string[],
): FieldError[] {
  const has = ({ status }: V1CertificateSigningRequest, type: string) =>
    status?.conditions?.some((condition) => condition.type === type);
  return types
    .filter((type) => has(old, type) && !has(object, type))
    .map((type) =>
      fieldErrors.forbidden(
        STATUS.child("conditions"),
        `updates may not remove a condition of type ${JSON.stringify(type)}`,
      ),
    );
}
