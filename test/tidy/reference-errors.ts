import assert from "node:assert/strict";
import { type Source, sourceAt } from "./sources.ts";

const STATUSES = "packages/apimachinery/src/status-error.ts";
const FIELDS = "packages/apimachinery/src/field-error.ts";

/** docs/reference/errors.md: the reasons that a Status may give, and those of a field in it, by what their makers say. */
export function renderErrors(): string {
  return `# Errors

What the API server says when it does not do what it is asked: a \`Status\` with these codes and reasons. Clients go by them, and by some of the messages, so both are upstream's. From
\`${STATUSES}\`.

| code | reason | when |
|---|---|---|
${statuses().join("\n")}

A path at which nothing is served, in a group that is not there, is answered in plain text: \`404 page not found\`.

## Causes of \`Invalid\`

| reason | message |
|---|---|
${fieldErrors().join("\n")}
`;
}

function sourceOf(path: string): Source {
  const source = sourceAt.get(path);
  assert.ok(source, path);
  return source;
}

function statuses(): string[] {
  const { text } = sourceOf(STATUSES);
  const makers = [
    ...text.matchAll(/\/\*\* ((?:(?!\*\/).)*) \*\/\nexport function \w+\([\s\S]*?return failure\((\d+), "(\w+)"/g),
  ];
  assert.equal(makers.length, text.match(/return failure\(\d+, "/g)?.length, `each maker in ${STATUSES} says when`);
  return makers.map(([, when, code, reason]) => `| ${code} | ${reason} | ${when} |`).sort();
}

function fieldErrors(): string[] {
  const { text } = sourceOf(FIELDS);
  const types = [...text.matchAll(/^ {2}(FieldValue\w+|InternalError): "([^"]+)"/gm)];
  assert.ok(types.length > 5, `${FIELDS} has the types of field errors`);
  return types.map(([, reason, words]) => `| ${reason} | ${words} |`);
}
