import { describeKind } from "../meta/kind-table.ts";
import { certificateSigningRequest } from "./certificate-signing-request.ts";

const pem = (type: string) => Buffer.from(`-----BEGIN ${type}-----\nMIIB\n-----END ${type}-----\n`).toString("base64");
const condition = (type: string, status = "True") => ({ type, status });

describeKind(certificateSigningRequest, {
  valid: {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "one" },
    spec: { request: pem("CERTIFICATE REQUEST"), signerName: "example.com/signer", usages: ["client auth"] },
  },
  created: {
    "spec.username": "system:apiserver",
    "spec.groups": ["system:authenticated", "system:masters"],
    status: {},
  },
  create: [
    [
      "spec.request",
      pem("CERTIFICATE"),
      `spec.request: Invalid value: "${pem("CERTIFICATE")}": PEM block type must be CERTIFICATE REQUEST`,
    ],
    ["spec.usages", [], "spec.usages: Required value"],
    ["spec.usages", ["signing", "signing"], 'spec.usages[1]: Duplicate value: "signing"'],
    ["spec.signerName", "", "spec.signerName: Required value"],
    [
      "spec.signerName",
      "signer",
      "spec.signerName: Invalid value: \"signer\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
    ],
    [
      "spec.signerName",
      "example/signer",
      'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
    ],
    [
      "spec.signerName",
      "kubernetes.io/legacy-unknown",
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      "spec.expirationSeconds",
      599,
      "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)",
    ],
  ],
  update: [
    ["spec.signerName", "other.com/signer"],
    ["status.conditions", [condition("Approved")]],
  ],
  status: [
    ["status.conditions", [condition("Failed")]],
    [
      "status.conditions",
      [condition("Failed", "False")],
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ],
    ["status.certificate", pem("CERTIFICATE")],
    [
      "status.certificate",
      pem("OTHER"),
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ],
  ],
  columns: "Name | Age | SignerName | Requestor | RequestedDuration | Condition",
  cells: [
    [{}, "60s", "example.com/signer", "system:apiserver", "<none>", "Pending"],
    [
      { "status.conditions": [condition("Approved")], "status.certificate": "x", "spec.expirationSeconds": 7200 },
      "60s",
      "example.com/signer",
      "system:apiserver",
      "120m",
      "Approved,Issued",
    ],
  ],
});
