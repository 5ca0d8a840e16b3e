import { readFileSync, writeFileSync } from "node:fs";

/** The protocols' own description, for who must read messages by the names of their fields: a module, so that a bundle holds it. */
const directory = new URL("../gen/", import.meta.url);
const descriptors = readFileSync(new URL("descriptors.binpb", directory)).toString("base64");
writeFileSync(
  new URL("descriptors.ts", directory),
  `/** A google.protobuf.FileDescriptorSet of all protocols, in base64. */\nexport const DESCRIPTORS = "${descriptors}";\n`,
);
