import assert from "node:assert/strict";
import { booleanFlag, choiceFlag, durationMsFlag, parseFlags, portFlag, stringFlag, stringListFlag } from "./flags.ts";

const flags = {
  name: stringFlag({ help: "who" }),
  "secure-port": portFlag({ help: "where", default: 6443 }),
  "etcd-servers": stringListFlag({ help: "store", default: [] }),
  wait: durationMsFlag({ help: "how long", default: 100 }),
  verbose: booleanFlag({ help: "more", default: false }),
  format: choiceFlag(["json", "text"], { help: "how", default: "json" }),
};

function parse(argv: string[], env: Record<string, string> = {}) {
  return parseFlags(flags, { argv, env, envPrefix: "X_" });
}

describe("parseFlags", () => {
  it("reads both spellings, bare booleans, repeated lists and defaults", () => {
    const parsed = parse(["--name=a", "--etcd-servers", "x,y", "--etcd-servers=z", "--verbose", "--wait=1m30s"]);
    assert.deepEqual(parsed, {
      kind: "values",
      values: {
        name: "a",
        securePort: 6443,
        etcdServers: ["x", "y", "z"],
        wait: 90_000,
        verbose: true,
        format: "json",
      },
    });
  });

  it("lets the command line beat the environment", () => {
    const parsed = parse(["--secure-port=1"], { X_SECURE_PORT: "2", X_NAME: "env" });
    assert.equal(parsed.kind, "values");
    assert.deepEqual(parsed.kind === "values" && [parsed.values.securePort, parsed.values.name], [1, "env"]);
  });

  it("reports every problem at once", () => {
    const parsed = parse(["--secure-port=99999", "--format=xml", "--nope", "stray", "--wait=5 parsecs"]);
    assert.deepEqual(parsed, {
      kind: "errors",
      errors: [
        'invalid argument "99999" for --secure-port: must be between 0 and 65535',
        'invalid argument "xml" for --format: must be one of json, text',
        "unknown flag: --nope",
        "unexpected argument: stray",
        'invalid argument "5 parsecs" for --wait: not a duration (like 300ms, 5s, 1h30m)',
        "--name is required",
      ],
    });
  });
});
