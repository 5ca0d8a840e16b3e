import assert from "node:assert/strict";
import * as names from "./names.ts";

describe("names", () => {
  const valid: [(value: string) => string[], string[]][] = [
    [names.isDns1123Label, ["a", "a-1", "1a"]],
    [names.isDns1123Subdomain, ["a.b-c.d", "x"]],
    [names.isDns1035Label, ["a", "a-1"]],
    [names.isQualifiedName, ["app", "example.com/My_name.1", "A"]],
    [names.isValidLabelValue, ["", "My.value_1"]],
    [names.isValidPortName, ["http", "a-1"]],
    [names.isConfigMapKey, ["a.b_c-D", "..a".slice(1)]],
    [names.isEnvVarName, ["PATH", "a.b", "1a", "with space"]],
    [names.isPathSegmentName, ["system:node", "a.b"]],
  ];
  for (const [check, values] of valid) {
    for (const value of values)
      it(`${check.name} accepts ${JSON.stringify(value)}`, () => assert.deepEqual(check(value), []));
  }

  const bad: [(value: string) => string[], string, string][] = [
    [
      names.isDns1123Label,
      "A_b",
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      names.isDns1123Subdomain,
      "Bad",
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      names.isDns1035Label,
      "1a",
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
    [names.isDns1123Label, "a.b", "must not contain dots"],
    [names.isValidPortName, "80", "must contain at least one letter (a-z)"],
    [names.isPathSegmentName, "a/b", "may not contain '/'"],
    [names.isConfigMapKey, "..x", "must not start with '..'"],
  ];
  for (const [check, value, message] of bad) {
    it(`${check.name} refuses ${JSON.stringify(value)}`, () => assert.deepEqual(check(value), [message]));
  }

  it("counts lengths", () => assert.equal(names.isDns1123Label("a".repeat(64))[0], "must be no more than 63 bytes"));
});
