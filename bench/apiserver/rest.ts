import type { HeaderField } from "@drydock/http2";
import type { LoadConnection, StreamEvents } from "../load/load-connection.ts";

export interface Answer {
  readonly status: string;
  readonly octets: number;
  readonly body: Buffer;
}

const json = "application/json";

/** With a body, that body's media type, which is JSON unless said. */
export function fieldsOf(
  target: string,
  method: string,
  path: string,
  hasBody = false,
  bodyType = json,
): HeaderField[] {
  return [
    [":method", method],
    [":scheme", "https"],
    [":path", path],
    [":authority", target],
    ["accept", json],
    ...(hasBody ? ([["content-type", bodyType]] as HeaderField[]) : []),
    ["user-agent", "bench"],
  ];
}

/** A text is sent as it is. */
export function bodyText(body: object | string): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** One request and its whole answer. */
export function requestOnce(
  connection: LoadConnection,
  target: string,
  method: string,
  path: string,
  body?: object | string,
  bodyType = json,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const events: StreamEvents = {
      onData: (chunk) => chunks.push(Buffer.from(chunk)),
      onEnd: (status) => {
        const whole = Buffer.concat(chunks);
        resolve({ status, octets: whole.length, body: whole });
      },
    };
    const octets = body === undefined ? undefined : Buffer.from(bodyText(body));
    connection.request(fieldsOf(target, method, path, body !== undefined, bodyType), octets, events);
  });
}

/** The same, for what must go well. */
export async function expectOnce(...request: Parameters<typeof requestOnce>): Promise<Answer> {
  const answer = await requestOnce(...request);
  if (!/^http-20[01]$/.test(answer.status))
    throw new Error(`${request[2]} ${request[3]}: ${answer.status} ${answer.body.toString("utf8", 0, 500)}`);
  return answer;
}
