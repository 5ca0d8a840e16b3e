import {
  conflict,
  FieldPath,
  fieldErrorMessage,
  fieldErrors,
  type KubeObject,
  StatusError,
} from "@drydock/apimachinery";
import { objectOf } from "../endpoints/call-body.ts";
import type { Call } from "../registry/call.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { type Outcome, success } from "../verbs/outcome.ts";
import { update } from "../verbs/update.ts";
import { reviewSubresource } from "./review-subresource.ts";
import { isResource, type Subresource } from "./subresource.ts";

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

interface BoundPod extends KubeObject {
  spec: { nodeName?: string };
  status?: { conditions?: { type: string; status: string; lastTransitionTime?: string }[] };
}

/** The scheduler's decision: puts a pod on a node, once. */
export const binding = {
  name: "binding",
  verbs: ["create"],
  appliesTo: (definition) => isResource(definition, "", "pods"),
  kind: { group: "", version: "v1", kind: "Binding", schema: "io.k8s.api.core.v1.Binding", isPlain: true },
  run: (_services, store, call) => bindPod(store, call),
} satisfies Subresource;

/** What both places for bindings do. */
export async function bindPod(store: ResourceStore, call: Call): Promise<Outcome> {
  const bound = objectOf(call) as Binding;
  // A Binding that was posted to its own resource has been reviewed there.
  assertTarget(bound);
  if (call.subresource === binding.name) await reviewSubresource(store, call, binding.kind, bound, call.options.dryRun);
  await update(store, {
    namespace: call.namespace,
    name: call.name,
    subresource: "binding",
    isDryRun: call.options.dryRun,
    context: call.context,
    mayCreate: "never",
    isReviewed: true,
    isUntracked: true,
    rules: { prepareForUpdate: () => {}, validateUpdate: () => [] },
    next: (current) => {
      const pod = current as BoundPod;
      assign(pod, bound, call.context.nowMs, (message) =>
        conflict({ group: "", resource: "pods/binding" }, call.name, message),
      );
      return pod;
    },
  });
  return success(undefined, 201);
}

/** Upstream does not say of what kind this error is. */
function assertTarget({ target }: Binding): void {
  const path = FieldPath.of("target");
  const kind = target?.kind ?? "";
  const errors = [
    ...(kind === "" || kind === "Node"
      ? []
      : [fieldErrors.notSupported(path.child("kind"), kind, ["<empty>", "Node"])]),
    ...(target?.name ? [] : [fieldErrors.required(path.child("name"))]),
  ].map(fieldErrorMessage);
  if (errors.length === 0) return;
  const message = errors.length === 1 ? (errors[0] as string) : `[${errors.join(", ")}]`;
  throw new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
}

function assign(pod: BoundPod, bound: Binding, nowMs: number, refuse: (message: string) => Error): void {
  const node = bound.target?.name ?? "";
  if (bound.metadata.uid && bound.metadata.uid !== pod.metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${bound.metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (pod.metadata.deletionTimestamp) {
    throw refuse(`pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw refuse(`pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  }
  // The binding may carry labels and annotations for the pod.
  pod.metadata.annotations = merged(pod.metadata.annotations, bound.metadata.annotations);
  pod.metadata.labels = merged(pod.metadata.labels, bound.metadata.labels);
  pod.spec.nodeName = node;
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  conditions.push({ type: "PodScheduled", status: "True", lastTransitionTime: timestamp(nowMs) });
  pod.status = { ...pod.status, conditions };
}

function merged(
  a: Record<string, string> | undefined,
  b: Record<string, string> | undefined,
): Record<string, string> | undefined {
  return a || b ? { ...a, ...b } : undefined;
}
