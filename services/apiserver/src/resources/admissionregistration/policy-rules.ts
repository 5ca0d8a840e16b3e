import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegmentName,
} from "@drydock/apimachinery";
import type { V1ParamKind, V1ParamRef } from "@drydock/kube-api";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { type Finding, findings, invalidTexts, requiredOneOf } from "../meta/rules.ts";

/** The kind of a policy's parameters, by the rules of group, version and kind. */
export function validateParamKind({ apiVersion = "", kind = "" }: V1ParamKind, path: FieldPath): FieldError[] {
  const kindPath = path.child("kind");
  const kindTexts = isDns1035Label(kind.toLowerCase());
  return findings(
    apiVersion === "" ? fieldErrors.required(path.child("apiVersion")) : validateVersion(apiVersion, path),
    kind === ""
      ? fieldErrors.required(kindPath)
      : kindTexts.length > 0 &&
          fieldErrors.invalid(
            kindPath,
            kind,
            `may have mixed case, but should otherwise match: ${kindTexts.join(",")}`,
          ),
  );
}

function validateVersion(apiVersion: string, path: FieldPath): Finding {
  const at = path.child("apiVersion");
  const parts = apiVersion.split("/");
  if (parts.length > 2) return fieldErrors.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  const version = parts.at(-1) ?? "";
  const group = parts.length === 2 ? (parts[0] ?? "") : "";
  const groupTexts = group === "" ? [] : isDns1123Subdomain(group);
  const versionTexts = isDns1035Label(version);
  return [
    groupTexts.length > 0 && fieldErrors.invalid(at, group, groupTexts.join(",")),
    version === ""
      ? fieldErrors.invalid(at, apiVersion, "version must be specified")
      : versionTexts.length > 0 && fieldErrors.invalid(at, version, versionTexts.join(",")),
  ];
}

export function validatePolicyName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? invalidTexts(path, name, isDns1123Subdomain(name)) : [fieldErrors.required(path)];
}

export function validateParamRef(reference: V1ParamRef | undefined, path: FieldPath): FieldError[] {
  if (!reference) return [];
  const { name, selector, parameterNotFoundAction } = reference;
  const both = "name and selector are mutually exclusive";
  return findings(
    name && [
      invalidTexts(path.child("name"), name, isPathSegmentName(name)),
      selector && fieldErrors.forbidden(path.child("name"), both),
    ],
    selector && [
      validateLabelSelector(selector, path.child("selector")),
      name && fieldErrors.forbidden(path.child("selector"), both),
    ],
    !name && !selector && fieldErrors.required(path, "one of name or selector must be specified"),
    requiredOneOf(path.child("parameterNotFoundAction"), parameterNotFoundAction, ["Deny", "Allow"]),
  );
}

export function paramKindText(kind: V1ParamKind | undefined): string {
  return kind ? `${kind.apiVersion ?? ""}/${kind.kind ?? ""}` : "<unset>";
}

export function paramRefText(reference: V1ParamRef | undefined): string {
  if (!reference) return "<unset>";
  const { name, namespace, selector } = reference;
  if (name) return namespace ? `${namespace}/${name}` : name;
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}
