import { type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain, isValidIp } from "@drydock/apimachinery";
import type { V1PodDNSConfig, V1PodSpec } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts, requiredOneOf } from "../meta/rules.ts";

const POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_LENGTH_MAX = 2048;

/** How the pod's names are resolved. */
export function validateDns({ dnsPolicy, dnsConfig }: V1PodSpec, path: FieldPath): FieldError[] {
  const at = path.child("dnsConfig");
  return findings(
    requiredOneOf(path.child("dnsPolicy"), dnsPolicy, POLICIES),
    dnsPolicy === "None" &&
      (dnsConfig
        ? (dnsConfig.nameservers ?? []).length === 0 &&
          fieldErrors.required(
            at.child("nameservers"),
            "must provide at least one DNS nameserver when `dnsPolicy` is None",
          )
        : fieldErrors.required(at, "must provide `dnsConfig` when `dnsPolicy` is None")),
    dnsConfig && validateConfig(dnsConfig, at),
  );
}

function validateConfig({ nameservers = [], searches = [], options }: V1PodDNSConfig, path: FieldPath): Finding {
  return [
    nameservers.length > NAMESERVERS_MAX &&
      fieldErrors.invalid(
        path.child("nameservers"),
        nameservers,
        `must not have more than ${NAMESERVERS_MAX} nameservers`,
      ),
    each(nameservers, path.child("nameservers"), (address, at) => invalidTexts(at, address, isValidIp(address))),
    searches.length > SEARCHES_MAX &&
      fieldErrors.invalid(path.child("searches"), searches, `must not have more than ${SEARCHES_MAX} search paths`),
    searches.join(" ").length > SEARCH_LENGTH_MAX &&
      fieldErrors.invalid(
        path.child("searches"),
        searches,
        `must not have more than ${SEARCH_LENGTH_MAX} characters (including spaces) in the search list`,
      ),
    each(searches, path.child("searches"), (domain, at) => {
      // Names may begin with an underscore here, and end with the root's dot.
      const plain = domain.replace(/\.$/, "").replaceAll(/(^|\.)_/g, "$1");
      return domain === "." ? [] : invalidTexts(at, plain, isDns1123Subdomain(plain));
    }),
    each(options, path.child("options"), ({ name }, at) => (name ? [] : fieldErrors.required(at, "must not be empty"))),
  ];
}
