import { decodeBase64, encodeBase64 } from "../values/base64.ts";
import { EvaluationError } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

export const encoders: Library = [
  ["base64.encode", overloads(["(bytes): string"], encodeBase64, byAllSizes)],
  [
    "base64.decode",
    overloads(
      ["(string): bytes"],
      (text: string) => {
        const bytes = decodeBase64(text);
        if (!bytes) throw new EvaluationError("illegal base64 data");
        return bytes;
      },
      byAllSizes,
    ),
  ],
  [
    "jsonpatch.escapeKey",
    overloads(["(string): string"], (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"), byAllSizes),
  ],
];
