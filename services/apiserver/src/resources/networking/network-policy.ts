import { type FieldError, FieldPath, fieldErrors, isValidPortName, isValidPortNumber } from "@drydock/apimachinery";
import type { V1NetworkPolicy, V1NetworkPolicyPeer, V1NetworkPolicyPort } from "@drydock/kube-api";
import { column, defineKind, generationFromSpec, selectorColumnText } from "../meta/define-kind.ts";
import { isStrictSubset, parseCidr, validateCidr } from "../meta/ip-rules.ts";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { each, type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const TYPES = ["Egress", "Ingress"];

export const networkPolicy = defineKind<V1NetworkPolicy>({
  group: "networking.k8s.io",
  kind: "NetworkPolicy",
  resource: "networkpolicies",
  shortNames: ["netpol"],
  schema: "io.k8s.api.networking.v1.NetworkPolicy",
  strategy: {
    ...generationFromSpec,
    setDefaults({ spec }) {
      if (!spec) return;
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
        for (const port of rule.ports ?? []) port.protocol ??= "TCP";
      // A policy that says something of egress means it; every policy is about ingress.
      if ((spec.policyTypes ?? []).length === 0)
        spec.policyTypes = ["Ingress", ...((spec.egress ?? []).length > 0 ? ["Egress"] : [])];
    },
    validate,
    validateUpdate: validate,
  },
  columns: [column("Pod-Selector", ({ spec }) => selectorColumnText(spec?.podSelector))],
});

function validate({ spec }: V1NetworkPolicy): FieldError[] {
  const types = spec?.policyTypes ?? [];
  return findings(
    validateLabelSelector(spec?.podSelector, SPEC.child("podSelector")),
    each(spec?.ingress, SPEC.child("ingress"), (rule, path) => [
      each(rule.ports, path.child("ports"), validatePort),
      each(rule.from, path.child("from"), validatePeer),
    ]),
    each(spec?.egress, SPEC.child("egress"), (rule, path) => [
      each(rule.ports, path.child("ports"), validatePort),
      each(rule.to, path.child("to"), validatePeer),
    ]),
    types.length > 2 &&
      fieldErrors.invalid(SPEC.child("policyTypes"), types, "may not specify more than two policyTypes"),
    types.length <= 2 && each(types, SPEC.child("policyTypes"), (type, path) => optionalOneOf(path, type, TYPES)),
  );
}

function validatePort({ protocol, port, endPort }: V1NetworkPolicyPort, path: FieldPath): Finding {
  const at = path.child("endPort");
  return [
    optionalOneOf(path.child("protocol"), protocol, PROTOCOLS),
    port !== undefined &&
      invalidTexts(
        path.child("port"),
        port,
        typeof port === "number" ? isValidPortNumber(port) : isValidPortName(port),
      ),
    endPort !== undefined && [
      typeof port === "number" && [
        endPort < port && fieldErrors.invalid(at, endPort, "must be greater than or equal to `port`"),
        invalidTexts(at, endPort, isValidPortNumber(endPort)),
      ],
      typeof port === "string" && fieldErrors.invalid(at, endPort, "may not be specified when `port` is non-numeric"),
      port === undefined && fieldErrors.invalid(at, endPort, "may not be specified when `port` is not specified"),
    ],
  ];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: V1NetworkPolicyPeer, path: FieldPath): Finding {
  const range = ipBlock && parseCidr(ipBlock.cidr ?? "");
  return [
    podSelector && validateLabelSelector(podSelector, path.child("podSelector")),
    namespaceSelector && validateLabelSelector(namespaceSelector, path.child("namespaceSelector")),
    ipBlock && [
      ipBlock.cidr
        ? validateCidr(ipBlock.cidr, path.child("ipBlock", "cidr"))
        : fieldErrors.required(path.child("ipBlock", "cidr")),
      each(ipBlock.except, path.child("ipBlock", "except"), (text, at) => {
        const hole = parseCidr(text);
        if (!hole) return validateCidr(text, at);
        return (
          range && !isStrictSubset(hole, range) && fieldErrors.invalid(at, text, "must be a strict subset of `cidr`")
        );
      }),
    ],
    !podSelector && !namespaceSelector && !ipBlock && fieldErrors.required(path, "must specify a peer"),
    ipBlock &&
      (podSelector || namespaceSelector) &&
      fieldErrors.forbidden(path, "may not specify both ipBlock and another peer"),
  ];
}
