import { callStream, callUnary } from "./call.ts";
import { askHttp } from "./http.ts";
import { methodOf } from "./messages.ts";
import { type Step, substitute, toStep } from "./script.ts";
import type { Side } from "./side.ts";

/** Sends a step's request and gives what came back. `streamAnswers`: how many a stream is expected to give, where that is known. */
export async function perform(side: Side, step: Step, streamAnswers?: number): Promise<unknown> {
  const body = substitute(step.body, side.variables);
  const metadata = substitute(step.metadata, side.variables) as Step["metadata"];
  const answer = await send(side, step, body, metadata, streamAnswers);
  for (const [name, path] of Object.entries(step.save)) side.variables.set(name, String(at(answer, path)));
  return answer;
}

async function send(
  side: Side,
  step: Step,
  body: unknown,
  metadata: Step["metadata"],
  streamAnswers: number | undefined,
): Promise<unknown> {
  if (step.kind === "sleep") return new Promise((resolve) => setTimeout(resolve, Number(body)));
  if (step.kind === "http") {
    const line = substitute(step.line, side.variables) as string;
    return askHttp(side.address(step.to), line, body, metadata);
  }
  const client = side.connection(step.to);
  if (!methodOf(step.line).isStream) return callUnary(client, step.line, body, metadata);
  const between = async (inner: unknown) => {
    await perform(side, toStep(inner as Record<string, unknown>));
  };
  return callStream(client, step.line, body as unknown[], metadata, between, streamAnswers);
}

/** `kvs.0.lease` of an answer's body. */
function at(answer: unknown, path: string): unknown {
  const { body } = answer as { body?: unknown };
  return path.split(".").reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
}
