import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
  type KubeObject,
  type OwnerReference,
} from "@drydock/apimachinery";
import type { ResourceStore } from "./registry.ts";

const annotationsBytesMax = 256 * 1024;
const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);
const encoder = new TextEncoder();

/** The rules of metadata that hold for every kind (upstream's ValidateObjectMeta). */
export function validateObjectMeta(store: ResourceStore, object: KubeObject, path: FieldPath): FieldError[] {
  const { definition } = store;
  const { metadata } = object;
  const nameErrors = definition.strategy.validateName ?? isDns1123Subdomain;
  const errors: FieldError[] = [];
  if (metadata.generateName) {
    // A generated name ends in a letter or digit, so the base may end in a dash.
    const base = metadata.generateName.endsWith("-") ? `${metadata.generateName.slice(0, -1)}a` : metadata.generateName;
    for (const text of nameErrors(base)) {
      errors.push(fieldErrors.invalid(path.child("generateName"), metadata.generateName, text));
    }
  }
  if (!metadata.name) errors.push(fieldErrors.required(path.child("name"), "name or generateName is required"));
  else {
    for (const text of nameErrors(metadata.name))
      errors.push(fieldErrors.invalid(path.child("name"), metadata.name, text));
  }
  errors.push(...validateNamespace(definition.isNamespaced, metadata.namespace ?? "", path.child("namespace")));
  errors.push(...validateLabels(metadata.labels, path.child("labels")));
  errors.push(...validateAnnotations(metadata.annotations, path.child("annotations")));
  errors.push(...validateOwnerReferences(metadata.ownerReferences ?? [], path.child("ownerReferences")));
  errors.push(...validateFinalizers(metadata.finalizers ?? [], path.child("finalizers"), isBuiltIn(store)));
  return errors;
}

/** What an update may not change in metadata (upstream's ValidateObjectMetaUpdate). */
export function validateObjectMetaUpdate(object: KubeObject, old: KubeObject, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const immutable = ["name", "namespace", "uid", "creationTimestamp"] as const;
  for (const field of immutable) {
    if ((object.metadata[field] ?? "") === (old.metadata[field] ?? "")) continue;
    errors.push(fieldErrors.invalid(path.child(field), object.metadata[field] ?? "", "field is immutable"));
  }
  const added = (object.metadata.finalizers ?? []).filter((name) => !old.metadata.finalizers?.includes(name));
  if (old.metadata.deletionTimestamp && added.length > 0) {
    errors.push(
      fieldErrors.forbidden(
        path.child("finalizers"),
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(", ")}}`,
      ),
    );
  }
  return errors;
}

function validateNamespace(isNamespaced: boolean, namespace: string, path: FieldPath): FieldError[] {
  if (!isNamespaced) return namespace === "" ? [] : [fieldErrors.forbidden(path, "not allowed on this type")];
  if (namespace === "") return [fieldErrors.required(path, "")];
  return isDns1123Label(namespace).map((text) => fieldErrors.invalid(path, namespace, text));
}

function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(fieldErrors.invalid(path, key, text));
    for (const text of isValidLabelValue(value)) errors.push(fieldErrors.invalid(path, value, text));
  }
  return errors;
}

function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let totalBytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const text of isQualifiedName(key.toLowerCase())) errors.push(fieldErrors.invalid(path, key, text));
    totalBytes += encoder.encode(key).length + encoder.encode(value).length;
  }
  if (totalBytes > annotationsBytesMax) errors.push(fieldErrors.tooLong(path, annotationsBytesMax));
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const controllers: OwnerReference[] = [];
  references.forEach((reference) => {
    if (!reference.apiVersion)
      errors.push(
        fieldErrors.invalid(path.child("apiVersion"), reference.apiVersion ?? "", "version must not be empty"),
      );
    if (!reference.kind)
      errors.push(fieldErrors.invalid(path.child("kind"), reference.kind ?? "", "must not be empty"));
    if (!reference.name)
      errors.push(fieldErrors.invalid(path.child("name"), reference.name ?? "", "must not be empty"));
    if (!reference.uid) errors.push(fieldErrors.invalid(path.child("uid"), reference.uid ?? "", "must not be empty"));
    if (reference.apiVersion === "v1" && reference.kind === "Event") {
      errors.push(fieldErrors.invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (reference.controller) controllers.push(reference);
  });
  const [first, second] = controllers;
  if (first && second) {
    errors.push(
      fieldErrors.invalid(
        path,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${second.kind}/${second.name} and ${first.kind}/${first.name}`,
      ),
    );
  }
  return errors;
}

/** Upstream's core checks its own kinds closer than the server of custom resources does its. */
function isBuiltIn({ definition }: ResourceStore): boolean {
  return !definition.custom && definition.group !== "apiextensions.k8s.io";
}

/** Names of finalizers; strictly, those without a domain must be the well-known ones. */
export function validateFinalizerName(
  name: string,
  path: FieldPath,
  isStrict: boolean,
  strictPath = path,
): FieldError[] {
  const errors = isQualifiedName(name).map((text) => fieldErrors.invalid(path, name, text));
  if (!isStrict || name.includes("/") || standardFinalizers.has(name)) return errors;
  return [
    ...errors,
    fieldErrors.invalid(strictPath, name, "name is neither a standard finalizer name nor is it fully qualified"),
  ];
}

function validateFinalizers(finalizers: readonly string[], path: FieldPath, isStrict: boolean): FieldError[] {
  const errors = finalizers.flatMap((name, index) => validateFinalizerName(name, path, isStrict, path.index(index)));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldErrors.invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}
