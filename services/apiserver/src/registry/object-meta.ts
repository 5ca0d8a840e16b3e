import { deepEqual, type KubeObject } from "@drydock/apimachinery";
import { randomNameSuffix } from "@drydock/base";
import type { RegistryPorts, ResourceStore } from "./registry.ts";

const generatedSuffixLength = 5;
/** 63 minus the suffix: a generated name is always a DNS label where its base is one. */
const generatedBaseLengthMax = 63 - generatedSuffixLength;

export function generateName(base: string, ports: Pick<RegistryPorts, "prng">): string {
  return base.slice(0, generatedBaseLengthMax) + randomNameSuffix(ports.prng, generatedSuffixLength);
}

/** RFC 3339 with seconds, the form of metav1.Time. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** Fields the server alone decides, on an object about to be created. */
export function fillSystemMetadata(store: ResourceStore, object: KubeObject, nowMs: number): void {
  const { metadata } = object;
  metadata.creationTimestamp = timestamp(nowMs);
  metadata.uid = store.registry.ports.newUid();
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.generation;
  if (generationBasis(store, object) !== undefined) metadata.generation = 1;
  dropEmptyMetadata(object);
}

/** Fields of an update that the client cannot change; an empty uid means "whatever is there". */
export function carryOverMetadata(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  metadata.uid ||= old.metadata.uid;
  metadata.creationTimestamp = old.metadata.creationTimestamp;
  copyOrDelete(metadata, old.metadata, "deletionTimestamp");
  copyOrDelete(metadata, old.metadata, "deletionGracePeriodSeconds");
  copyOrDelete(metadata, old.metadata, "generation");
  delete metadata.selfLink;
  dropEmptyMetadata(object);
}

/** Increments metadata.generation when what the kind counts as desired state changed. */
export function bumpGeneration(store: ResourceStore, object: KubeObject, old: KubeObject): void {
  const basis = generationBasis(store, object);
  if (basis === undefined || deepEqual(basis, generationBasis(store, old))) return;
  let generation = old.metadata.generation ?? 0;
  generation++;
  object.metadata.generation = generation;
}

function generationBasis(store: ResourceStore, object: KubeObject): unknown {
  const { generationOf } = store.definition.strategy;
  if (generationOf) return generationOf(object);
  const { metadata: _metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  return rest;
}

function copyOrDelete<T extends object>(target: T, source: T, field: keyof T): void {
  if (source[field] === undefined) delete target[field];
  else target[field] = source[field];
}

/** Empty maps and lists are not part of an object's JSON (Go's omitempty). */
function dropEmptyMetadata(object: KubeObject): void {
  const { metadata } = object;
  if (metadata.labels && Object.keys(metadata.labels).length === 0) delete metadata.labels;
  if (metadata.annotations && Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  if (metadata.ownerReferences?.length === 0) delete metadata.ownerReferences;
  if (metadata.generateName === "") delete metadata.generateName;
}
