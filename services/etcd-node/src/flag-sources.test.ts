import assert from "node:assert/strict";
import { flagSources } from "./flag-sources.ts";

const KNOWN = ["name", "cors", "cert-file", "peer-cert-file", "client-cert-auth", "log-format", "heartbeat-interval"];
const FILE = `
name: a
cors: http://one:80,http://two:80
heartbeat-interval: 50
client-transport-security: { cert-file: /client.crt, client-cert-auth: true }
peer-transport-security: { cert-file: /peer.crt }
log-format: console
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
});
