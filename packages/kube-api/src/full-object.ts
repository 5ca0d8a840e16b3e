import { referenceOf, resolveSchema, type Schema } from "./schema.ts";

/** A type is filled inside itself this often. */
const recursionMax = 1;

/**
 * An object of a schema with every field filled, each value different from its neighbours and from zero: for tests that nothing
 * gets lost on the way through an encoding.
 */
export function fullObject(openApiName: string, apiVersion: string, kind: string): Record<string, unknown> {
  const filled = new Filler().fill(reference(openApiName)) as Record<string, unknown>;
  return { ...filled, apiVersion, kind };
}

function reference(openApiName: string): Schema {
  return { $ref: `#/components/schemas/${openApiName}` };
}

class Filler {
  #count = 0;
  /** The types around what is being filled. */
  readonly #around: string[] = [];

  /** Undefined for what would never end. */
  fill(schema: Schema): unknown {
    const name = referenceOf(schema);
    if (name === undefined) return this.#plain(schema);
    const own = this.#ownJson(name);
    if (own !== undefined) return own;
    if (this.#around.filter((outer) => outer === name).length > recursionMax) return undefined;
    this.#around.push(name);
    const filled = this.#plain(resolveSchema(schema), this.#around.length > 1);
    this.#around.pop();
    return filled;
  }

  #plain(schema: Schema, isInside = true): unknown {
    switch (schema.type) {
      case "object":
        return this.#object(schema, isInside);
      case "array": {
        const items = [this.fill(schema.items ?? {}), this.fill(schema.items ?? {})];
        return items.includes(undefined) ? undefined : items;
      }
      case "integer":
        return ++this.#count;
      case "number":
        return ++this.#count + 0.5;
      case "boolean":
        return true;
      default:
        return this.#text(schema.format);
    }
  }

  #object(schema: Schema, isInside: boolean): unknown {
    if (schema.properties !== undefined) {
      // Inside another object, protobuf has no place for a kind.
      const isKind = isInside && schema["x-kubernetes-group-version-kind"] !== undefined;
      const entries = Object.entries(schema.properties)
        .filter(([name]) => !isKind || (name !== "apiVersion" && name !== "kind"))
        .map(([name, field]) => [name, this.fill(field)]);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    }
    const item = schema.additionalProperties;
    if (item === undefined) return {};
    const values = { "b.example.com/x": this.fill(item), "a/é": this.fill(item) };
    return Object.values(values).includes(undefined) ? undefined : values;
  }

  #text(format: string | undefined): string {
    const text = `text ${++this.#count} é 日本`;
    return format === "byte" ? Buffer.from(text).toString("base64") : text;
  }

  #ownJson(openApiName: string): unknown {
    const second = () => `2026-01-02T03:04:${String(++this.#count % 60).padStart(2, "0")}`;
    switch (openApiName.slice(openApiName.lastIndexOf(".") + 1)) {
      case "Time":
        return `${second()}Z`;
      case "MicroTime":
        return `${second()}.123456Z`;
      case "Quantity":
        return `${++this.#count}Mi`;
      case "IntOrString":
        return ++this.#count % 2 === 0 ? this.#count : `${this.#count}%`;
      case "FieldsV1":
        return { [`f:field${++this.#count}`]: {} };
      case "RawExtension":
        return { apiVersion: "example.com/v1", kind: "Example", n: ++this.#count };
      case "JSON":
        return { n: [++this.#count, null, "x"] };
      case "JSONSchemaPropsOrBool":
        return { type: "string" };
      case "JSONSchemaPropsOrArray":
        return { type: "integer" };
      case "JSONSchemaPropsOrStringArray":
        return [this.#text(undefined), this.#text(undefined)];
      default:
        return undefined;
    }
  }
}
