import { request as httpRequest } from "node:http";

/** The answer to a request over HTTP. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** An answer that goes on is left after so long without a word, and one that is owed after so long. */
const SILENCE_MS = 800;
const OWED_MS = 8000;
const UNTOLD = new Set(["date", "content-length", "transfer-encoding", "connection", "keep-alive"]);

/** `line`: method and path. A body that is no text is sent as JSON. */
export function askHttp(
  address: string,
  line: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Page> {
  const [method = "", ...path] = line.split(" ");
  const text = body === undefined || body === null ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let page: Omit<Page, "body"> = { status: 0, headers: {} };
    const request = httpRequest(`http://${address}`, { method, path: path.join(" "), headers, agent: false });
    const done = () => {
      clearTimeout(timer);
      request.destroy();
      resolve({ ...page, body: parsed(Buffer.concat(chunks).toString()) });
    };
    let timer = setTimeout(done, OWED_MS);
    request.on("response", (response) => {
      const told = Object.entries(response.headers).filter(([name]) => !UNTOLD.has(name));
      page = { status: response.statusCode ?? 0, headers: Object.fromEntries(told) };
      const silenceMs = response.headers["content-length"] === undefined ? SILENCE_MS : OWED_MS;
      const heard = () => {
        clearTimeout(timer);
        timer = setTimeout(done, silenceMs);
      };
      heard();
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        heard();
      });
      response.on("end", done);
      response.on("error", () => {});
    });
    request.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? done() : reject(error)));
    request.end(text);
  });
}

/** JSON, lines of JSON, the names of metrics, or the text. */
function parsed(text: string): unknown {
  if (text.startsWith("# HELP")) return metricNames(text);
  const lines = text.split("\n").filter((line) => line !== "");
  try {
    return lines.length > 1 ? lines.map((line) => JSON.parse(line) as unknown) : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

function metricNames(text: string): Record<string, string> {
  const lines = text.matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return Object.fromEntries([...lines].map(([, name, type]) => [name, type]));
}
