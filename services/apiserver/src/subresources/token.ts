import {
  badRequest,
  conflict,
  type FieldError,
  FieldPath,
  fieldErrors,
  invalid,
  type KubeObject,
  notFound,
} from "@drydock/apimachinery";
import type { V1Node, V1Pod, V1Secret } from "@drydock/kube-api";
import { assertNodeMayRequestToken } from "../admission/node-restriction/token-request.ts";
import type { BoundObject } from "../authentication/service-account-tokens.ts";
import { objectOf } from "../endpoints/call-body.ts";
import type { CallContext } from "../registry/call.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry } from "../registry/registry.ts";
import { get } from "../verbs/get.ts";
import { reviewSubresource } from "./review-subresource.ts";
import { isResource, type Subresource } from "./subresource.ts";

interface BoundReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

interface TokenRequest extends KubeObject {
  spec: { audiences?: string[]; expirationSeconds?: number; boundObjectRef?: BoundReference };
}

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What projected volumes ask for unless told otherwise; such tokens are good for longer, and their late use is noted. */
const EXTENDED_REQUEST_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** A new token of a service account, for an audience, bound to a pod, node or secret if asked. */
export const token = {
  name: "token",
  verbs: ["create"],
  appliesTo: (definition) => isResource(definition, "", "serviceaccounts"),
  kind: {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
    schema: "io.k8s.api.authentication.v1.TokenRequest",
    isPlain: true,
  },
  async run(services, store, call) {
    const { registry, tokens } = services;
    const request = objectOf(call) as TokenRequest;
    await assertNodeMayRequestToken(services, call, request.spec ?? {});
    await reviewSubresource(store, call, token.kind, request, call.options.dryRun);
    const { namespace, name, context } = call;
    const { object: account } = await get(store, namespace, name, "", context.signal);
    const reference = request.spec?.boundObjectRef;
    const audiences = request.spec?.audiences?.length ? request.spec.audiences : [...tokens.audiences];
    const wanted = request.spec?.expirationSeconds ?? DEFAULT_SECONDS;
    assertSeconds(wanted);
    const bound = reference && boundObject(registry, namespace, name, reference);
    const seconds = shortened(wanted, tokens.maxSeconds, context);
    const isForApi =
      audiences.length === tokens.audiences.length && audiences.every((a) => tokens.audiences.includes(a));
    const isExtended =
      tokens.extendsExpiration && bound?.kind === "Pod" && seconds === EXTENDED_REQUEST_SECONDS && isForApi;
    const issued = await tokens.issue({
      namespace,
      name,
      uid: account.metadata.uid ?? "",
      audiences,
      expirationSeconds: isExtended ? EXTENDED_SECONDS : seconds,
      warnAfterSeconds: isExtended ? seconds : undefined,
      bound,
      nowMs: context.nowMs,
    });
    const status = { token: issued, expirationTimestamp: timestamp(context.nowMs + seconds * 1000) };
    const metadata = { name, namespace, uid: account.metadata.uid, creationTimestamp: timestamp(context.nowMs) };
    const spec = { ...request.spec, audiences, expirationSeconds: seconds };
    return { kind: "plain", code: 201, object: { ...request, metadata, spec, status } };
  },
} satisfies Subresource;

function assertSeconds(seconds: number): void {
  const path = FieldPath.of("spec", "expirationSeconds");
  const problems: FieldError[] = [];
  if (seconds < MIN_SECONDS)
    problems.push(fieldErrors.invalid(path, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > MAX_SECONDS)
    problems.push(fieldErrors.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"));
  if (problems.length > 0) throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", problems);
}

function shortened(seconds: number, max: number, { warn }: CallContext): number {
  if (max === 0 || seconds <= max) return seconds;
  warn(`requested expiration of ${seconds} seconds shortened to ${max} seconds`);
  return max;
}

const boundKinds: Readonly<Record<string, string>> = { Pod: "pods", Node: "nodes", Secret: "secrets" };

function boundObject(registry: Registry, namespace: string, account: string, reference: BoundReference): BoundObject {
  const { apiVersion = "", kind = "", name = "", uid = "" } = reference;
  const resource = apiVersion.includes("/") ? undefined : boundKinds[kind];
  if (!resource) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const find = <T extends V1Pod | V1Secret | V1Node>(of: string, objectName: string) =>
    registry.cached<T>(registry.require("", "v1", of), of === "nodes" ? "" : namespace, objectName);
  const found = find(resource, name);
  if (!found) throw notFound({ group: "", resource }, name);
  const pod = kind === "Pod" ? (found as V1Pod) : undefined;
  if (pod && pod.spec?.serviceAccountName !== account)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  const actualUid = found.metadata.uid ?? "";
  if (uid !== "" && uid !== actualUid)
    throw conflict(
      { group: "", resource: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  const nodeName = pod?.spec?.nodeName;
  const nodeUid = nodeName && find<V1Node>("nodes", nodeName)?.metadata.uid;
  return {
    kind: kind as BoundObject["kind"],
    name,
    uid: actualUid,
    ...(nodeName && { node: { name: nodeName, ...(nodeUid && { uid: nodeUid }) } }),
  };
}
