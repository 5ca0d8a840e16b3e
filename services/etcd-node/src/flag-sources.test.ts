import assert from "node:assert/strict";
import { flagSources } from "./flag-sources.ts";

const KNOWN = [
  "name",
  "cors",
  "cert-file",
  "peer-cert-file",
  "client-cert-auth",
  "log-format",
  "heartbeat-interval",
  "corrupt-check-time",
  "feature-gates",
];
const FILE = `
name: a
cors: http://one:80,http://two:80
heartbeat-interval: 50
client-transport-security: { cert-file: /client.crt, client-cert-auth: true }
peer-transport-security: { cert-file: /peer.crt }
log-format: console
experimental-corrupt-check-time: 5m
experimental-compact-hash-check-enabled: true
discovery:
unheard-of: 1
`;

const sources = (argv: string[], env: Record<string, string> = {}) =>
  flagSources({ argv, env }, KNOWN, (path) => {
    if (path !== "/etcd.yaml") throw new Error(`open ${path}: no such file or directory`);
    return FILE;
  });
const FROM_FILE = [
  "--name=a",
  "--cors=http://one:80,http://two:80",
  "--heartbeat-interval=50",
  "--cert-file=/client.crt",
  "--client-cert-auth=true",
  "--peer-cert-file=/peer.crt",
  "--log-format=console",
  "--corrupt-check-time=5m",
  "--feature-gates=CompactHashCheck=true",
];

describe("the sources of flags", () => {
  it("are a file alone where one is named", () => {
    for (const argv of [
      ["--name=b", "--config-file=/etcd.yaml"],
      ["-config-file", "/etcd.yaml", "--name=b"],
    ])
      assert.deepEqual(sources(argv, { ETCD_NAME: "c" }), { argv: FROM_FILE, env: {} });
    assert.deepEqual(sources([], { ETCD_CONFIG_FILE: "/etcd.yaml" }).argv, FROM_FILE);
    assert.throws(() => sources(["--config-file=/none"]), /open \/none: no such file/);
  });

  it("are the command line and the environment otherwise, with names of before", () => {
    const argv = [
      "--experimental-watch-progress-notify-interval=5s",
      "--experimental-nothing=1",
      "--log-format=console",
    ];
    assert.deepEqual(sources(argv, { ETCD_NAME: "c" }), {
      argv: ["--watch-progress-notify-interval=5s", "--experimental-nothing=1", "--log-format=console"],
      env: { ETCD_NAME: "c" },
    });
  });

  it("know features, and variables, by the names of before", () => {
    const argv = ["--experimental-compact-hash-check-enabled", "--experimental-enable-lease-checkpoint=false"];
    const env = {
      ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME: "1m",
      ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK: "true",
      ETCD_INITIAL_CORRUPT_CHECK: "false",
      ETCD_FEATURE_GATES: "LeaseCheckpoint=true",
      ETCD_EXPERIMENTAL_COMPACT_HASH_CHECK_ENABLED: "true",
    };
    const found = sources(argv, env);
    assert.deepEqual(found.argv, ["--feature-gates=CompactHashCheck=true", "--feature-gates=LeaseCheckpoint=false"]);
    assert.equal(found.env["ETCD_CORRUPT_CHECK_TIME"], "1m");
    assert.equal(found.env["ETCD_INITIAL_CORRUPT_CHECK"], "false");
    assert.equal(found.env["ETCD_FEATURE_GATES"], "LeaseCheckpoint=true,CompactHashCheck=true");
  });
});
