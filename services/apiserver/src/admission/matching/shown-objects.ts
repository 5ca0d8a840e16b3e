import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission.ts";
import type { Match } from "./matcher.ts";
import { replaceSubject, subjectKind, subjectObject, subjectOldObject } from "./subject.ts";
import { convertObject } from "./versions.ts";

/** The objects of a request in the version that somebody asked for. Not to be changed. */
export interface ShownObjects {
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

export async function showObjects(request: AdmissionRequest, { converted }: Match): Promise<ShownObjects> {
  const { definition } = request;
  const { group, version, kind } = subjectKind(request);
  const show = async (object: KubeObject | undefined) => {
    if (!object) return undefined;
    if (converted) return convertObject(object, definition, converted);
    // Components send objects without what everybody knows.
    if (object.apiVersion && object.kind) return object;
    return { ...object, apiVersion: group === "" ? version : `${group}/${version}`, kind };
  };
  return { object: await show(subjectObject(request)), oldObject: await show(subjectOldObject(request)) };
}

/** The same for policies, whose failures may be ignored: a conversion that does not come about is one. */
export async function tryToShow(request: AdmissionRequest, match: Match): Promise<ShownObjects | { problem: string }> {
  try {
    return await showObjects(request, match);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { problem: `failed to configure binding: failed to convert object version: ${error.message}` };
  }
}

/** Brings an object that was shown, and changed, back into the request, with its defaults. */
export async function acceptObject(request: AdmissionRequest, { converted }: Match, object: KubeObject): Promise<void> {
  const { definition, view } = request;
  if (!view) (converted ?? definition).strategy?.setDefaults(object);
  replaceSubject(request, converted ? await convertObject(object, converted, definition) : object);
}
