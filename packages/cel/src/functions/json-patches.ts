import { byAllSizes, type Library, overloads } from "./declaration.ts";

/** For policies that make JSON patches. */
export const jsonPatches: Library = [
  [
    "jsonpatch.escapeKey",
    overloads(["(string): string"], (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"), byAllSizes),
  ],
];
