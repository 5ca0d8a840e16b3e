import assert from "node:assert/strict";
import { parseV2Request } from "./parse-request.ts";

describe("a request of the second API", () => {
  it("reads its form", () => {
    const form = new URLSearchParams("value=a b&ttl=5&prevExist=false&prevIndex=7&dir=t");
    const { path, value, ttlSeconds, prevExist, prevIndex, dir } = parseV2Request("PUT", "/x//y/../z/", form);
    assert.deepEqual(
      { path, value, ttlSeconds, prevExist, prevIndex, dir },
      { path: "/x/z", value: "a b", ttlSeconds: 5, prevExist: false, prevIndex: 7, dir: true },
    );
    assert.equal(parseV2Request("GET", "/", new URLSearchParams()).path, "");
    assert.equal(parseV2Request("PUT", "/x", new URLSearchParams("ttl=")).ttlSeconds, undefined);
  });

  const wrong: readonly [method: string, form: string, code: number][] = [
    ["PUT", "prevValue=", 201],
    ["PUT", "ttl=-1", 202],
    ["PUT", "prevIndex=x", 203],
    ["GET", "wait=true&waitIndex=x", 203],
    ["GET", "recursive=maybe", 209],
    ["PUT", "wait=true", 209],
    ["PUT", "refresh=true&value=x&ttl=1", 211],
    ["PUT", "refresh=true", 212],
  ];
  for (const [method, form, code] of wrong)
    it(`is refused with ${code}: ${method} ${form}`, () => {
      assert.throws(() => parseV2Request(method, "/x", new URLSearchParams(form)), { code });
    });
});
