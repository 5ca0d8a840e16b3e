import assert from "node:assert/strict";
import { type Source, sourceAt } from "./sources.ts";

const INDEX = "services/apiserver/src/admission/index.ts";

/** docs/reference/admission.md: the plugins in the order in which they are asked, each by what its own file says. */
export function renderAdmission(): string {
  const rows = plugins().map(
    ({ name, phases, source, summary }) => `| [${name}](../../${source.path}) | ${phases.join(", ")} | ${summary} |`,
  );
  return `# Admission

What every write passes, in this order: all plugins that mutate, then the rules of the kind, then all plugins that validate. When a policy or a webhook has changed an
object, those that mutate run a second time, policies and webhooks only if they wish. From \`${INDEX}\`.

| plugin | phases | what it does |
|---|---|---|
${rows.join("\n")}

Connections (exec, attach, port-forward) and what is answered and not stored pass webhooks; policies judge connections too, but no questions about who may do what. The kinds of
\`admissionregistration.k8s.io\` pass neither, so that a bad one can be mended.
`;
}

interface Plugin {
  readonly name: string;
  readonly phases: readonly string[];
  readonly source: Source;
  readonly summary: string;
}

function plugins(): Plugin[] {
  const index = sourceAt.get(INDEX);
  const list = /new Admission\(\[([\s\S]*?)\]\)/.exec(index?.text ?? "")?.[1];
  assert.ok(index && list, `${INDEX} has the list of plugins`);
  return [...list.matchAll(/^\s*(\w+)/gm)].map(([, factory = ""]) => {
    const target = index.imports.find(({ names }) => names.includes(factory))?.target;
    const source = sourceAt.get(target ?? "");
    assert.ok(source, `${INDEX} imports ${factory}`);
    return { ...described(source, factory), source };
  });
}

function described({ path, text }: Source, factory: string): Omit<Plugin, "source"> {
  const name = /\bname: "(\w+)"/.exec(text)?.[1] ?? /^const NAME = "(\w+)"/m.exec(text)?.[1];
  const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*export (?:const|function) ${factory}\\b`).exec(
    text,
  );
  assert.ok(name && comment?.[1], `${path} says what ${factory} is called and does`);
  const summary = comment[1]
    .replaceAll(/^\s*\*/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const phases = ["mutate", "validate"].filter((phase) => new RegExp(`^\\s+(?:async )?${phase}\\(`, "m").test(text));
  return { name, phases, summary };
}
