import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** One field of a model as the generated client describes it. */
export interface ModelField {
  readonly name: string;
  /** TypeScript-like: `string`, `number`, `Date`, `Array<V1Container>`, `{ [key: string]: string; }`, `V1PodSpec`. */
  readonly type: string;
  /** `int32`, `int64`, `double`, `byte`, `date-time`, … or empty. */
  readonly format: string;
  readonly isRequired: boolean;
  readonly description: string;
}

export interface Model {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly ModelField[];
}

interface ModelClass {
  attributeTypeMap?: readonly { baseName: string; name: string; type: string; format: string }[];
}

/** Reads every model of @kubernetes/client-node: fields at run time from the classes, the rest from the declarations. */
export async function readModels(): Promise<Model[]> {
  const entry = createRequire(import.meta.url).resolve("@kubernetes/client-node");
  const directory = join(dirname(entry), "gen", "models");
  const classes = (await import(pathToFileURL(join(directory, "all.js")).href)) as Record<string, ModelClass>;
  const named = Object.entries(classes).filter(([, model]) => model.attributeTypeMap !== undefined);
  return Promise.all(
    named.map(async ([name, model]) => {
      const declaration = parseDeclaration(await readFile(join(directory, `${name}.d.ts`), "utf8"), name);
      const fields = (model.attributeTypeMap ?? []).map((attribute) => ({
        name: attribute.baseName,
        type: attribute.type,
        format: attribute.format,
        isRequired: declaration.required.has(attribute.name),
        description: declaration.descriptions.get(attribute.name) ?? "",
      }));
      return { name, description: declaration.description, fields };
    }),
  );
}

interface Declaration {
  readonly description: string;
  readonly descriptions: ReadonlyMap<string, string>;
  readonly required: ReadonlySet<string>;
}

function parseDeclaration(text: string, name: string): Declaration {
  const start = text.indexOf(`export declare class ${name} {`);
  const head = /\/\*\*\n((?:\*[^\n]*\n)+)\*\/\n$/.exec(text.slice(0, start));
  const descriptions = new Map<string, string>();
  const required = new Set<string>();
  const member = /(?: {4}\/\*\*\n((?: {4}\*(?!\/)[^\n]*\n)+) {4}\*\/\n)? {4}'([^']+)'(\?)?: /g;
  for (const match of text.slice(start).matchAll(member)) {
    const [, comment, field, optional] = match;
    if (field === undefined) continue;
    if (comment !== undefined) descriptions.set(field, parseComment(comment));
    if (optional === undefined) required.add(field);
  }
  return { description: parseComment(head?.[1] ?? ""), descriptions, required };
}

function parseComment(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ *\* ?/, ""))
    .join("\n")
    .trim()
    .replaceAll(/\\(['"])/g, "$1");
}
