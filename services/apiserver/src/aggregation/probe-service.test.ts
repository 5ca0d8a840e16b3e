import assert from "node:assert/strict";
import type { V1APIService, V1Service } from "@drydock/kube-api";
import { type ProbedConnections, probeService } from "./probe-service.ts";
import type { RemoteAnswer } from "./remote-connections.ts";

const apiService = {
  metadata: { name: "v1.g" },
  spec: { group: "g", version: "v1", service: { namespace: "ns", name: "s" } },
} as V1APIService;

/** Each attempt gets the next of the answers: a code, or why there is none. */
async function probe(answers: readonly (number | string)[]): Promise<string> {
  let asked = 0;
  const connections: ProbedConnections = {
    serviceOf: () => ({ spec: { type: "ExternalName" } }) as V1Service,
    slicesOf: () => [],
    addressOf: () => ({ host: `10.0.0.${asked + 1}`, port: 443 }),
    get: async () => {
      const answer = answers[asked++] ?? 0;
      if (typeof answer === "string") throw new Error(answer);
      return { code: answer } as RemoteAnswer;
    },
  };
  const { status, reason, message } = await probeService(connections, apiService);
  assert.equal(asked, 5);
  return `${status} ${reason}: ${message}`;
}

describe("the probe of an APIService", () => {
  it("asks five times at once, and is content with one good answer", async () => {
    assert.equal(await probe([500, "refused", "refused", 200, 500]), "True Passed: all checks passed");
  });

  it("tells the last of the failures when all fail", async () => {
    const url = "https://10.0.0.5:443/apis/g/v1";
    const failing = `failing or missing response from ${url}`;
    assert.equal(
      await probe([500, 500, 500, 500, 404]),
      `False FailedDiscoveryCheck: ${failing}: bad status from ${url}: 404`,
    );
    assert.equal(await probe([500, 500, 500, 500, "gone"]), `False FailedDiscoveryCheck: ${failing}: gone`);
  });
});
