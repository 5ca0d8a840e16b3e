import { isRecord, type KubeObject, withDigits } from "@drydock/apimachinery";

export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Whose configurations the annotation holds, be they applied from the client's side or from the server's. */
export const CLIENT_SIDE_MANAGER = "kubectl";

/**
 * The object with its annotation of what was last applied brought up to `sent`, which was applied on the server's side, so that the
 * next `kubectl apply` of the older kind goes on from there. Objects without the annotation stay without.
 */
export function withLastApplied(object: KubeObject, sent: unknown): KubeObject {
  const { metadata } = object;
  if (!metadata.annotations?.[LAST_APPLIED]) return object;
  const annotations = { ...metadata.annotations, [LAST_APPLIED]: renderLastApplied(sent) };
  return { ...object, metadata: { ...metadata, annotations } };
}

function renderLastApplied(sent: unknown): string {
  const { metadata, ...rest } = sent as KubeObject;
  const { [LAST_APPLIED]: _, ...annotations } = metadata?.annotations ?? {};
  const named = { ...metadata, annotations: Object.keys(annotations).length > 0 ? annotations : undefined };
  return `${goJson({ ...rest, metadata: named })}\n`;
}

/** As Go's encoder writes maps: keys sorted, what HTML would read escaped. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (key, item: unknown) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : withDigits(key, item),
  );
  return text.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
