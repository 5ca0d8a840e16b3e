import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../report/steps.ts";
import { readSettings, topologyOf } from "./settings.ts";

describe("settings of a lab", () => {
  const saved = { ...process.env };
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "drydock-settings-"));
    for (const name of Object.keys(process.env)) if (name.startsWith("DRYDOCK_")) delete process.env[name];
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
    process.env = { ...saved };
  });

  const dotEnv = (text: string) => writeFileSync(join(root, ".env"), text);

  it("have defaults", () => {
    const { name, subnet, apiPort, etcdPorts, image } = readSettings(root);
    assert.deepEqual(
      { name, subnet, apiPort, etcdPorts, image },
      {
        name: "drydock",
        subnet: "172.30.0",
        apiPort: 6443,
        etcdPorts: [2379, 22379, 32379],
        image: "drydock/lab:dev",
      },
    );
  });

  it("come from .env, quoted or not, and the environment wins", () => {
    dotEnv("# a comment\nDRYDOCK_LAB='second'\n DRYDOCK_API_PORT = 7443\nDRYDOCK_SUBNET=\"10.9.8\"\nOTHER=1\n");
    process.env["DRYDOCK_API_PORT"] = "8443";
    const { name, subnet, apiPort } = readSettings(root);
    assert.deepEqual({ name, subnet, apiPort }, { name: "second", subnet: "10.9.8", apiPort: 8443 });
  });

  for (const [line, complaint] of [
    ["DRYDOCK_API_PORT=https", /DRYDOCK_API_PORT=https is not a port/],
    ["DRYDOCK_ETCD2_PORT=70000", /DRYDOCK_ETCD2_PORT=70000 is not a port/],
    ["DRYDOCK_SUBNET=172.30.0.0/24", /DRYDOCK_SUBNET=172.30.0.0\/24 must be the first three parts/],
    ["DRYDOCK_LAB=My Lab", /DRYDOCK_LAB=My Lab must consist of/],
  ] as const) {
    it(`${line} is refused in a sentence`, () => {
      dotEnv(`${line}\n`);
      assert.throws(
        () => readSettings(root),
        (error) => error instanceof UserError && complaint.test(error.message),
      );
    });
  }

  it("give every process the address that the compose file gives it", () => {
    const { etcdMembers, apiserver, nodes, publicServer } = topologyOf("10.9.8", 7443);
    assert.deepEqual(
      [...etcdMembers, apiserver, ...nodes].map(({ name, ip }) => `${name} ${ip}`),
      [
        "etcd-1 10.9.8.2",
        "etcd-2 10.9.8.3",
        "etcd-3 10.9.8.4",
        "apiserver 10.9.8.10",
        "node-1 10.9.8.11",
        "node-2 10.9.8.12",
        "node-3 10.9.8.13",
      ],
    );
    assert.equal(publicServer, "https://127.0.0.1:7443");
  });
});
