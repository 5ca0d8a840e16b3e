import { type Client, type ClientDuplexStream, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { methodOf } from "./messages.ts";

/** What came back: the answer, or the error it was refused with. */
export interface Answer {
  readonly code: string;
  readonly message?: string;
  readonly body?: unknown;
}

const DEADLINE_MS = 10_000;
/** A stream that said nothing for so long has said everything. */
const SILENCE_MS = 300;
const SHORT_SILENCE_MS = 50;

export function callUnary(
  client: Client,
  name: string,
  request: unknown,
  metadata: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { path, encode, decode } = methodOf(name);
  const options = { deadline: Date.now() + DEADLINE_MS };
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      (value: Buffer) => value,
      (bytes: Buffer) => bytes,
      encode(request),
      toMetadata(metadata),
      options,
      (error: ServiceError | null, answer?: Buffer) =>
        resolve(error ? toAnswer(error) : { code: "OK", body: decode(answer as Buffer) }),
    );
  });
}

/**
 * Sends one request after the other, `between` where it is given, and gives everything that came back until it was silent. Where so many answers
 * are expected it waits for them, and is content with a shorter silence.
 */
export async function callStream(
  client: Client,
  name: string,
  requests: readonly unknown[],
  metadata: Readonly<Record<string, string>>,
  between: (step: unknown) => Promise<void>,
  expected?: number,
): Promise<Answer> {
  const { path, takesOne, encode, decode } = methodOf(name);
  const pass = (value: Buffer) => value;
  const call: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(path, pass, pass, toMetadata(metadata));
  const answers: unknown[] = [];
  let end: Answer | undefined;
  let heardMs = Date.now();
  call.on("data", (bytes: Buffer) => {
    answers.push(decode(bytes));
    heardMs = Date.now();
  });
  call.on("error", (error: ServiceError) => {
    end ??= toAnswer(error);
  });
  call.on("end", () => {
    end ??= { code: "OK" };
  });
  for (const request of requests) {
    const step = (request as { do?: unknown }).do;
    if (step) await between(step);
    else call.write(encode(request));
    if (takesOne && !step) call.end();
    heardMs = Date.now();
    await silence(() => heardMs, expected === undefined ? SILENCE_MS / 2 : SHORT_SILENCE_MS);
  }
  const deadlineMs = Date.now() + DEADLINE_MS;
  while (answers.length < (expected ?? 0) && !end && Date.now() < deadlineMs) await wait(10);
  await silence(() => heardMs, expected === undefined ? SILENCE_MS : SHORT_SILENCE_MS);
  const ended = end ?? { code: "still open" };
  call.cancel();
  return { ...ended, body: answers };
}

async function silence(heardMs: () => number, forMs: number): Promise<void> {
  while (Date.now() - heardMs() < forMs) await wait(10);
}

function wait(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

function toAnswer({ code, details }: ServiceError): Answer {
  return { code: status[code] ?? String(code), message: details };
}

function toMetadata(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}
