import assert from "node:assert/strict";
import { type ConfigurationChange, changeConfiguration, isJoint, leaveJoint } from "./configuration.ts";
import type { Configuration } from "./types.ts";

const of = (voters: string, learners = "", outgoing = ""): Configuration => ({
  voters: [...voters],
  outgoing: [...outgoing],
  learners: [...learners],
});
const add = (id: string): ConfigurationChange => ({ kind: "add-voter", id });
const learn = (id: string): ConfigurationChange => ({ kind: "add-learner", id });
const remove = (id: string): ConfigurationChange => ({ kind: "remove", id });

describe("changeConfiguration", () => {
  const table: [string, Configuration, ConfigurationChange[], Configuration][] = [
    ["adds a voter at once", of("123"), [add("4")], of("1234")],
    ["adds a learner at once", of("123"), [learn("4")], of("123", "4")],
    ["promotes a learner at once", of("123", "4"), [add("4")], of("1234")],
    ["removes a voter at once", of("123"), [remove("2")], of("13")],
    ["removes a learner at once", of("123", "4"), [remove("4")], of("123")],
    ["changes any number of learners at once", of("123", "4"), [remove("4"), learn("5"), learn("6")], of("123", "56")],
    ["replaces a voter through a joint configuration", of("123"), [add("4"), remove("1")], of("234", "", "123")],
    [
      "demotes two voters through a joint configuration",
      of("12345"),
      [learn("1"), learn("2")],
      of("345", "12", "12345"),
    ],
    ["removes who is not there without effect", of("123"), [remove("9")], of("123")],
  ];
  for (const [name, before, changes, after] of table)
    it(name, () => {
      assert.deepEqual(changeConfiguration(before, changes), { kind: "changed", configuration: after });
    });

  it("changes nothing while the configuration is a joint one", () => {
    assert.deepEqual(changeConfiguration(of("234", "", "123"), [add("5")]), {
      kind: "refused",
      reason: "already joint",
    });
  });

  it("leaves somebody to decide", () => {
    assert.deepEqual(changeConfiguration(of("1"), [remove("1")]), { kind: "refused", reason: "no voters left" });
  });

  it("forgets the outgoing voters when the joint configuration is left", () => {
    const joint = of("234", "1", "123");
    assert.equal(isJoint(joint), true);
    assert.deepEqual(leaveJoint(joint), of("234", "1"));
  });
});
