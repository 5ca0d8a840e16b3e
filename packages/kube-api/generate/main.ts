/**
 * Writes generated/types.ts and generated/schemas.json from the models of @kubernetes/client-node (fields, formats,
 * descriptions, required marks) and the facts beside it (wire types, merge keys, enumerations).
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { addEnumerations, type Enumerations } from "./enumerations.ts";
import { readProtobufFacts } from "./protobuf-facts.ts";
import { readModels } from "./read-models.ts";
import { type ListSemantics, renderSchemas } from "./render-schemas.ts";
import { renderTypes } from "./render-types.ts";
import { messageOf, openApiNameOf } from "./upstream-names.ts";

const models = await readModels();
const facts = await readProtobufFacts();
const readFact = async (name: string) =>
  JSON.parse(await readFile(new URL(`../facts/${name}.json`, import.meta.url), "utf8"));
const semantics: ListSemantics = await readFact("list-semantics");
const enumerations: Enumerations = await readFact("enums");

const messages = new Map<string, string>();
const openApiNames = new Map<string, string>([["VersionInfo", "io.k8s.apimachinery.pkg.version.Info"]]);
for (const model of models) {
  const message = messageOf(model, facts);
  if (message === undefined) continue;
  messages.set(model.name, message);
  openApiNames.set(model.name, openApiNameOf(message));
}

const directory = new URL("../generated/", import.meta.url);
await mkdir(directory, { recursive: true });
const schemas = renderSchemas(models, messages, openApiNames, facts, semantics);
addEnumerations(schemas, enumerations);
await writeFile(new URL("types.ts", directory), renderTypes(models, openApiNames));
await writeFile(new URL("schemas.json", directory), `${JSON.stringify(schemas)}\n`);
console.log(`kube-api: ${models.length} types, ${Object.keys(schemas).length} schemas`);
