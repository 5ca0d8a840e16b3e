import assert from "node:assert/strict";
import { createApiClient } from "@drydock/client";
import { silentLogger, systemClock } from "@drydock/component";
import { decodeProtobuf, jobs } from "@drydock/kube-api";
import { parse } from "yaml";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

/** No number of JavaScript holds it. */
const ODD = 2n ** 53n + 1n;
const JOBS = "/apis/batch/v1/namespaces/default/jobs";
const GAUGES = "/apis/exact.example.com/v1/namespaces/default/gauges";
const MERGE = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

const job = (name: string, deadline: string) =>
  `{"metadata":{"name":"${name}"},"spec":{"activeDeadlineSeconds":${deadline},"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}`;

const definition = {
  metadata: { name: "gauges.exact.example.com" },
  spec: {
    group: "exact.example.com",
    scope: "Namespaced",
    names: { plural: "gauges", kind: "Gauge" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: "N", type: "integer", jsonPath: ".n" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              n: { type: "integer", "x-kubernetes-validations": [{ rule: "self != 9007199254740995" }] },
              set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "integer" } },
              limited: { type: "array", maxItems: 5, items: { type: "string" } },
              any: { "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

describe("whole numbers beyond 2^53", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => server?.stop());

  const text = async (path: string, accept = "application/json") => {
    const { code, bytes } = await rest(admin, "GET", path, { headers: { Accept: accept } });
    assert.equal(code, 200);
    return bytes;
  };
  const send = async (method: string, path: string, body: string, contentType = "application/json") => {
    const answer = await rest(admin, method, path, { body, contentType });
    return { ...answer, text: answer.bytes.toString() };
  };
  const deadlineOf = async (name: string) =>
    /"activeDeadlineSeconds":(\d+)/.exec((await text(`${JOBS}/${name}`)).toString())?.[1];

  it("of a built-in kind are exact in every encoding", async () => {
    assert.equal((await send("POST", JOBS, job("exact", String(ODD)))).code, 201);
    assert.equal(await deadlineOf("exact"), String(ODD));
    const yaml = (await text(`${JOBS}/exact`, "application/yaml")).toString();
    assert.match(yaml, new RegExp(`activeDeadlineSeconds: ${ODD}\n`));
    const bytes = await text(`${JOBS}/exact`, "application/vnd.kubernetes.protobuf");
    const { spec } = decodeProtobuf(bytes).object as { spec?: { activeDeadlineSeconds?: unknown } };
    assert.equal(spec?.activeDeadlineSeconds, ODD);
    const table = await text(`${JOBS}/exact?includeObject=Object`, "application/json;as=Table;v=v1;g=meta.k8s.io");
    assert.match(table.toString(), new RegExp(`"activeDeadlineSeconds":${ODD}`));
    assert.match(String(await server.readStored("jobs/default/exact")), new RegExp(`"activeDeadlineSeconds":${ODD}`));
    const replaced = yaml.replace(String(ODD), String(ODD + 2n));
    assert.equal((await send("PUT", `${JOBS}/exact`, replaced, "application/yaml")).code, 200);
    assert.equal(await deadlineOf("exact"), String(ODD + 2n));
  });

  it("survive every kind of patch", async () => {
    assert.equal((await send("POST", JOBS, job("patched", "5"))).code, 201);
    const field = (value: bigint) => `{"spec":{"activeDeadlineSeconds":${value}}}`;
    const path = "/spec/activeDeadlineSeconds";
    const operations = (value: bigint) =>
      `[{"op":"test","path":"${path}","value":${value - 2n}},{"op":"replace","path":"${path}","value":${value}}]`;
    const applied = (value: bigint) => `{"apiVersion":"batch/v1","kind":"Job",${field(value).slice(1)}`;
    const patches: [body: (value: bigint) => string, contentType: string, query: string][] = [
      [field, MERGE, ""],
      [field, STRATEGIC, ""],
      [operations, JSON_PATCH, ""],
      [applied, APPLY, "?fieldManager=m&force=true"],
    ];
    let value = ODD;
    for (const [body, contentType, query] of patches) {
      const answer = await send("PATCH", `${JOBS}/patched${query}`, body(value), contentType);
      assert.equal(answer.code, 200, answer.text);
      assert.equal(await deadlineOf("patched"), String(value));
      value += 2n;
    }
  });

  it("reach components, and come back from them as they were", async () => {
    const connection = await server.connection("components", "kubernetes-admin", ["system:masters"]);
    const client = createApiClient({ connection, clock: systemClock, logger: silentLogger() });
    try {
      assert.equal((await send("POST", JOBS, job("carried", String(ODD)))).code, 201);
      const carried = await client.get(jobs, { namespace: "default", name: "carried" });
      assert.equal(carried.spec?.activeDeadlineSeconds, ODD);
      await client.update(jobs, { ...carried, metadata: { ...carried.metadata, labels: { seen: "yes" } } });
      assert.equal(await deadlineOf("carried"), String(ODD));
    } finally {
      client.close();
    }
  });

  it("end where 64 bits end", async () => {
    assert.equal((await send("POST", JOBS, job("most", String(2n ** 63n - 1n)))).code, 201);
    const beyond = await send("POST", JOBS, job("beyond", String(2n ** 63n)));
    assert.deepEqual(
      [beyond.code, beyond.json.message],
      [
        400,
        'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number 9223372036854775808 into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64',
      ],
    );
  });

  it("of custom kinds are exact too, for their rules and their owners", async () => {
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const long = JSON.stringify(definition)
      .replace('"maxItems":5', `"maxItems":${ODD}`)
      .replace('"type":"integer","x-k', `"type":"integer","maximum":${ODD + 7n},"x-k`);
    assert.equal((await send("POST", definitions, long)).code, 201);
    const gauge = (name: string, rest: string) =>
      `{"apiVersion":"exact.example.com/v1","kind":"Gauge","metadata":{"name":"${name}"},${rest}}`;
    await eventually("the kind is served", async () => (await rest(admin, "GET", GAUGES)).code === 200);
    const fields = `"n":${ODD},"set":[${ODD},${ODD - 1n}],"any":{"a":[${-(2n ** 63n)},1e300,3.0,${2n ** 63n}]}`;
    const created = await send("POST", GAUGES, gauge("a", fields));
    assert.equal(created.code, 201, created.text);
    const seen = (await text(`${GAUGES}/a`)).toString();
    assert.match(seen, new RegExp(`"n":${ODD}`));
    assert.match(seen, new RegExp(`"set":\\[${ODD},${ODD - 1n}\\]`));
    assert.match(seen, /"a":\[-9223372036854775808,1e\+300,3,9223372036854776000\]/);
    assert.match(seen, new RegExp(`"v:${ODD - 1n}":\\{\\},"v:${ODD}":\\{\\}`));
    const table = await text(`${GAUGES}/a`, "application/json;as=Table;v=v1;g=meta.k8s.io");
    assert.match(table.toString(), new RegExp(`"cells":\\["a",${ODD}\\]`));
    assert.equal((await send("POST", GAUGES, gauge("b", `"n":${ODD + 1n}`))).code, 201);
    const refused = await send("POST", GAUGES, gauge("c", `"n":${ODD + 2n}`));
    assert.deepEqual(
      [refused.code, refused.json.message],
      [
        422,
        `Gauge.exact.example.com "c" is invalid: n: Invalid value: ${ODD + 2n}: failed rule: self != 9007199254740995`,
      ],
    );
    const document = (await text("/openapi/v3/apis/exact.example.com/v1")).toString();
    assert.match(document, new RegExp(`"maxItems":${ODD}`));
    assert.match((await text("/openapi/v2")).toString(), /exact\.example\.com/);
    const labelled = await send(
      "PATCH",
      `${definitions}/gauges.exact.example.com`,
      '{"metadata":{"labels":{"a":"b"}}}',
      MERGE,
    );
    assert.equal((labelled.json["metadata"] as { generation: number }).generation, 1);
    const yaml = (await text(`${GAUGES}/a`, "application/yaml")).toString();
    assert.equal((parse(yaml, { intAsBigInt: true }) as { n: bigint }).n, ODD);
  });
});
