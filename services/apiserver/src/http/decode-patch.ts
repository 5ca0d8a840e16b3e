import { badRequest, unsupportedMediaType } from "@drydock/apimachinery";
import type { CallBody, PatchType } from "../registry/call.ts";
import { supportedPatchTypes } from "../verbs/patch.ts";
import { decodeJson } from "./decode-body.ts";
import { parseYaml } from "./parse-yaml.ts";

/** The body of a patch, judged by its type alone: what it is of is not known yet. */
export function decodePatch(bytes: Buffer, contentType: string): CallBody {
  const type = contentType.split(";")[0]?.trim() ?? "";
  if (!(supportedPatchTypes as readonly string[]).includes(type)) throw unsupportedMediaType(supportedPatchTypes);
  const patchType = type as PatchType;
  const text = bytes.toString("utf8");
  try {
    if (patchType === applyPatchType) {
      const { value: patch, complaints } = parseYaml(text);
      return { kind: "patch", patchType, patch, complaints };
    }
    const { value: patch, complaints, numbers } = decodeJson(text);
    if (patchType !== jsonPatchType) return { kind: "patch", patchType, patch, complaints, numbers };
    return { kind: "patch", patchType, patch, complaints: jsonPatchComplaints(patch, complaints), numbers };
  } catch (error) {
    const { message } = error as Error;
    if (patchType === "application/strategic-merge-patch+json") throw badRequest(message);
    const what = patchType === applyPatchType ? "YAML: error converting YAML to JSON" : "patch";
    throw badRequest(`error decoding ${what}: ${message}`);
  }
}

const applyPatchType = "application/apply-patch+yaml";
const jsonPatchType = "application/json-patch+json";
const operationFields: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

/** Operations are objects of four known fields. */
function jsonPatchComplaints(patch: unknown, complaints: readonly string[]): string[] {
  const operations = Array.isArray(patch) ? patch : [];
  const unknown = operations.flatMap((operation: unknown, index) =>
    Object.keys(typeof operation === "object" && operation !== null ? operation : {})
      .filter((field) => !operationFields.has(field))
      .map((field) => `unknown field ${JSON.stringify(`[${index}].${field}`)}`),
  );
  return [...complaints, ...unknown].map((complaint) => `json patch ${complaint}`);
}
