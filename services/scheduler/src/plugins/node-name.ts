import { FITS, type FilterPlugin, unresolvable } from "../framework/types.ts";

export const nodeName = {
  name: "NodeName",
  wakesOn: ["node-added"],
  filter: ({ spec }, node) =>
    !spec?.nodeName || spec.nodeName === node.name
      ? FITS
      : unresolvable("node(s) didn't match the requested node name"),
} satisfies FilterPlugin;
