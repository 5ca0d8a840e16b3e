import assert from "node:assert/strict";
import { parseRotation } from "./parse-rotation.ts";

const NOTHING = { maxSize: 0, maxAge: 0, maxBackups: 0, isLocalTime: false, isCompressed: false };

describe("the rotation of the log", () => {
  it("is read as Go reads it", () => {
    const text = '{"maxsize": 5, "MaxAge": 2, "maxbackups": 3, "localtime": true, "compress": true, "color": "red"}';
    const all = { maxSize: 5, maxAge: 2, maxBackups: 3, isLocalTime: true, isCompressed: true };
    assert.deepEqual(parseRotation(text), all);
    for (const empty of ["{}", "null", '{"maxsize": null}']) assert.deepEqual(parseRotation(empty), NOTHING);
  });

  /** As etcd says it. */
  const refusals: Readonly<Record<string, string>> = {
    "": "improperly formatted log rotation config: unexpected end of JSON input",
    '{"maxsize"': "improperly formatted log rotation config: unexpected end of JSON input",
    '{"maxsize": 1': "improperly formatted log rotation config: unexpected end of JSON input",
    '{"maxsize":"a"}':
      "invalid log rotation config: json: cannot unmarshal string into Go struct field logRotationConfig.Logger.maxsize of type int",
    '{"maxage":1.5}':
      "invalid log rotation config: json: cannot unmarshal number 1.5 into Go struct field logRotationConfig.Logger.maxage of type int",
    '{"compress":1}':
      "invalid log rotation config: json: cannot unmarshal number into Go struct field logRotationConfig.Logger.compress of type bool",
    "[]": "invalid log rotation config: json: cannot unmarshal array into Go value of type embed.logRotationConfig",
  };
  for (const [text, message] of Object.entries(refusals))
    it(`refuses ${text || "nothing"}`, () => assert.throws(() => parseRotation(text), { message }));
  it("says where the text goes wrong", () => {
    assert.throws(() => parseRotation('{"maxsize": }'), /^Error: improperly formatted log rotation config: Unexpected/);
  });
});
