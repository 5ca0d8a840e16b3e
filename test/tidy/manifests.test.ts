import assert from "node:assert/strict";
import { checkFields, schemaNameOf } from "@drydock/kube-api";
import { parseAllDocuments } from "yaml";
import { files, read } from "./repository.ts";

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
}

const manifests = files.filter((path) => /^(examples|addons)\/.*\.ya?ml$/.test(path));

describe("the manifests", () => {
  it("of the notes are there", () => {
    for (const name of ["app-pod", "my-replicaset", "web-deployment", "nodeport-service", "nodeport-service-80"])
      assert.ok(manifests.includes(`examples/${name}.yaml`), name);
  });

  for (const path of manifests) {
    it(`${path} is Kubernetes of this version, to the field`, () => {
      const documents = parseAllDocuments(read(path), { uniqueKeys: true });
      assert.ok(documents.length > 0, "empty");
      for (const document of documents) {
        assert.deepEqual([...document.errors, ...document.warnings], []);
        const object = document.toJS() as Manifest;
        const schema = schemaNameOf(object.apiVersion ?? "", object.kind ?? "");
        assert.ok(schema, `no kind ${object.kind} in ${object.apiVersion}`);
        const { unknown, typeErrors } = checkFields(object, schema);
        assert.deepEqual([...unknown, ...typeErrors], []);
        assert.match(object.metadata?.name ?? "", /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
      }
    });
  }
});
