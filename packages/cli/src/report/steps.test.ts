import assert from "node:assert/strict";
import { createSteps } from "./steps.ts";

/** A stream that remembers; `isTTY` as wanted. */
function terminal(isTTY: boolean) {
  let text = "";
  const stream = {
    isTTY,
    write(chunk: string) {
      text += chunk;
      return true;
    },
  } as unknown as NodeJS.WriteStream;
  return { stream, text: () => text };
}

describe("steps", () => {
  const saved = process.env["CI"];
  before(() => {
    delete process.env["CI"];
  });
  after(() => {
    if (saved !== undefined) process.env["CI"] = saved;
  });

  it("leave one line each in a log", async () => {
    const { stream, text } = terminal(false);
    const steps = createSteps(stream);
    const work = async (progress: (text: string) => void) => {
      progress("pulling");
      return "all present";
    };
    assert.equal(await steps.step("Images", work), "all present");
    await assert.rejects(
      steps.step("Containers", () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.match(text(), /^✓ Images — all present \(\d+\.\d s\)\n✗ Containers\n$/);
  });

  it("show on a terminal what is going on, and overwrite it", async () => {
    const { stream, text } = terminal(true);
    await createSteps(stream).step("Images", async (progress) => progress("pulling nginx"));
    assert.ok(text().includes("… Images: pulling nginx\r\u001b[K✓ Images ("), JSON.stringify(text()));
  });
});
