import { FieldPath, fieldErrors, invalid, type KubeObject, notFound } from "@drydock/apimachinery";
import type { V1Pod, V1Secret } from "@drydock/kube-api";
import type { BoundObject } from "../authentication/service-account-tokens.ts";
import { objectOf } from "../endpoints/call-body.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry } from "../registry/registry.ts";
import { get } from "../verbs/get.ts";
import { reviewSubresource } from "./review-subresource.ts";
import { isResource, type Subresource } from "./subresource.ts";

interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; name?: string; uid?: string };
  };
}

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** A new token of a service account, for an audience, bound to a pod or secret if asked. */
export const token = {
  name: "token",
  verbs: ["create"],
  appliesTo: (definition) => isResource(definition, "", "serviceaccounts"),
  kind: {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
    schema: "io.k8s.api.authentication.v1.TokenRequest",
  },
  async run({ registry, tokens }, store, call) {
    const request = objectOf(call) as TokenRequest;
    await reviewSubresource(store, call, token.kind, request, call.options.dryRun);
    const { object: account } = await get(store, call.namespace, call.name, "", call.context.signal);
    const seconds = request.spec?.expirationSeconds ?? DEFAULT_SECONDS;
    assertSeconds(seconds);
    const issued = await tokens.issue({
      namespace: call.namespace,
      name: call.name,
      uid: account.metadata.uid ?? "",
      audiences: request.spec?.audiences ?? [],
      expirationSeconds: seconds,
      bound: boundObject(registry, call.namespace, request.spec?.boundObjectRef),
      nowMs: call.context.nowMs,
    });
    const status = { token: issued.token, expirationTimestamp: timestamp(issued.expiresAtMs) };
    const audiences = request.spec?.audiences?.length ? request.spec.audiences : [tokens.issuer];
    const metadata = { name: call.name, namespace: call.namespace, creationTimestamp: timestamp(call.context.nowMs) };
    return {
      kind: "plain",
      code: 201,
      object: { ...request, metadata, spec: { ...request.spec, audiences, expirationSeconds: seconds }, status },
    };
  },
} satisfies Subresource;

function assertSeconds(seconds: number): void {
  const path = FieldPath.of("spec", "expirationSeconds");
  const kind = { group: "authentication.k8s.io", kind: "TokenRequest" };
  if (seconds < MIN_SECONDS)
    throw invalid(kind, "", [fieldErrors.invalid(path, seconds, "may not specify a duration less than 10 minutes")]);
  if (seconds > MAX_SECONDS)
    throw invalid(kind, "", [
      fieldErrors.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"),
    ]);
}

function boundObject(
  registry: Registry,
  namespace: string,
  reference: TokenRequest["spec"]["boundObjectRef"],
): BoundObject | undefined {
  if (!reference) return undefined;
  const { kind = "", name = "" } = reference;
  if (kind !== "Pod" && kind !== "Secret") {
    const path = FieldPath.of("spec", "boundObjectRef", "kind");
    throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      fieldErrors.notSupported(path, kind, ["Pod", "Secret"]),
    ]);
  }
  const resource = kind === "Pod" ? "pods" : "secrets";
  const found = registry.cached<V1Pod | V1Secret>(registry.require("", "v1", resource), namespace, name);
  if (!found || (reference.uid && reference.uid !== found.metadata.uid)) throw notFound({ group: "", resource }, name);
  return { kind, name, uid: found.metadata.uid ?? "" };
}
