import assert from "node:assert/strict";
import { SyntaxIssue } from "./issue.ts";
import { parseExpression } from "./parser.ts";

const EXPRESSION =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** What cel-go says of them, place by place. */
const broken: Readonly<Record<string, readonly string[]>> = {
  "x = 1": ["2: token recognition error at: '= '", "4: extraneous input '1' expecting <EOF>"],
  "a @ b # c": [
    "2: token recognition error at: '@'",
    "4: mismatched input 'b' expecting <EOF>",
    "6: token recognition error at: '#'",
  ],
  "'abc": ["0: token recognition error at: ''abc'", `4: mismatched input '<EOF>' expecting ${EXPRESSION}`],
  "a + * 2 / % 3": [
    `4: extraneous input '*' expecting ${EXPRESSION}`,
    `10: extraneous input '%' expecting ${EXPRESSION}`,
  ],
  "f(1 2)": ["4: extraneous input '2' expecting ')'"],
  "[1 2]": ["3: extraneous input '2' expecting {']', ','}"],
  "[,1]": ["2: extraneous input '1' expecting ']'"],
  "(a (b": ["5: mismatched input '<EOF>' expecting ')'"],
  "a in in b": [`5: extraneous input 'in' expecting ${EXPRESSION}`],
};

describe("cel: what is no expression", () => {
  for (const [source, messages] of Object.entries(broken))
    it(source, () => {
      assert.throws(
        () => parseExpression(source),
        (error) => {
          assert.ok(error instanceof SyntaxIssue);
          const issues = [error, ...error.others].toSorted((a, b) => a.offset - b.offset);
          const found = issues.map(({ offset, message }) => `${offset}: ${message.replace("Syntax error: ", "")}`);
          assert.deepEqual(found, messages);
          return true;
        },
      );
    });

  it("an empty list may end with a comma", () => {
    assert.deepEqual(parseExpression("[,]"), { kind: "list", items: [], offset: 0 });
  });
});
