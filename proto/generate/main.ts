import { readFileSync, writeFileSync } from "node:fs";

/** The protocols' own description, for who must read messages by the names of their fields: a module, so that a bundle holds it. */
const directory = new URL("../gen/", import.meta.url);
const descriptors = readFileSync(new URL("descriptors.binpb", directory)).toString("base64");
writeFileSync(
  new URL("descriptors.ts", directory),
  `/** A google.protobuf.FileDescriptorSet of all protocols, in base64. */\nexport const DESCRIPTORS = "${descriptors}";\n`,
);

/** Numbers that a double cannot hold are taken for the largest that it can: a client may well ask for at most 2^63-1 keys. */
for (const path of ["etcdserverpb/rpc.ts", "v3electionpb/election.ts"]) {
  const file = new URL(`etcd/api/${path}`, directory);
  const generated = readFileSync(file, "utf8");
  const clamped = generated.replace(
    /throw new globalThis\.Error\("Value is (?:larger|smaller) than Number\.(M\w+_SAFE_INTEGER)"\);/g,
    "return globalThis.Number.$1;",
  );
  if (clamped === generated) throw new Error(`${path} reads long numbers otherwise than expected`);
  writeFileSync(file, clamped);
}
