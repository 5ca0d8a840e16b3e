import { randomUUID } from "node:crypto";
import { isRecord, type KubeObject, StatusError } from "@drydock/apimachinery";
import type { WebhookClient } from "../../webhook-client/webhook-client.ts";
import type { ConvertObjects } from "./custom-conversion.ts";

const TIMEOUT_SECONDS = 30;

/** Asks the webhook of a definition by ConversionReview (apiextensions.k8s.io/v1). */
export function createConverter(client: WebhookClient): ConvertObjects {
  return async (crd, objects, apiVersion) => {
    const fail = (why: string) => conversionError(objects[0] as KubeObject, why);
    const { webhook } = crd.spec.conversion ?? {};
    const reviewVersion = webhook?.conversionReviewVersions.find(
      (version) => version === "v1" || version === "v1beta1",
    );
    if (!webhook?.clientConfig || !reviewVersion) throw fail("no webhook is configured");
    const uid = randomUUID();
    const review = {
      kind: "ConversionReview",
      apiVersion: `apiextensions.k8s.io/${reviewVersion}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    const answer = await client
      .call(webhook.clientConfig, review, { timeoutSeconds: TIMEOUT_SECONDS })
      .catch((error: Error) => {
        throw fail(error.message);
      });
    return readAnswer(answer, { uid, objects, apiVersion, isLatest: reviewVersion === "v1", fail });
  };
}

interface Expected {
  readonly uid: string;
  readonly objects: readonly KubeObject[];
  readonly apiVersion: string;
  readonly isLatest: boolean;
  fail(why: string): StatusError;
}

function readAnswer(answer: unknown, { uid, objects, apiVersion, isLatest, fail }: Expected): KubeObject[] {
  const response = isRecord(answer) && isRecord(answer["response"]) ? answer["response"] : undefined;
  if (!response) throw fail("no response provided");
  if (isLatest && response["uid"] !== uid)
    throw fail(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"] ?? "")}`);
  const result = isRecord(response["result"]) ? response["result"] : {};
  if (result["status"] !== "Success")
    throw fail(result["message"] ? String(result["message"]) : "response.result.status was not Success");
  const converted = Array.isArray(response["convertedObjects"]) ? (response["convertedObjects"] as KubeObject[]) : [];
  if (converted.length !== objects.length)
    throw returnedError(objects[0] as KubeObject, `${converted.length} objects, expected ${objects.length}`);
  return converted.map((object, i) => checkConverted(object, objects[i] as KubeObject, apiVersion, i));
}

/** A webhook may change labels and annotations and nothing else of the metadata. */
function checkConverted(object: KubeObject, original: KubeObject, apiVersion: string, index: number): KubeObject {
  const refuse = (why: string) => returnedError(original, `invalid converted object at index ${index}: ${why}`);
  if (!isRecord(object) || !isRecord(object.metadata)) throw refuse("missing metadata in converted object");
  if (object.apiVersion !== apiVersion)
    throw refuse(`invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion})`);
  if (object.kind !== original.kind) throw refuse(`invalid kind (expected ${original.kind}, received ${object.kind})`);
  for (const field of ["name", "namespace", "uid"] as const)
    if (object.metadata[field] !== original.metadata[field])
      throw refuse(`must have the same ${field}: ${original.metadata[field]} != ${object.metadata[field]}`);
  const { labels: _l, annotations: _a, ...kept } = original.metadata;
  const { labels, annotations } = object.metadata;
  return { ...object, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } };
}

function gvkOf({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

function conversionError(object: KubeObject, why: string): StatusError {
  return serverError(`conversion webhook for ${gvkOf(object)} failed: ${why}`);
}

function returnedError(object: KubeObject, what: string): StatusError {
  return serverError(`conversion webhook for ${gvkOf(object)} returned ${what}`);
}

function serverError(message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code: 500, message });
}
