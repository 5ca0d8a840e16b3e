import type { HttpRequest, HttpResponse } from "./exchange.ts";

export const PLAIN = { "Content-Type": "text/plain; charset=utf-8" };
export const TEXT = { ...PLAIN, "X-Content-Type-Options": "nosniff" };

export function urlOf({ target }: HttpRequest): URL {
  // A target of two slashes would be taken for a host.
  return new URL(`http://localhost${target}`);
}

export function answer(
  response: HttpResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.begin(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Answers itself when it is not. */
export function isRead({ method }: HttpRequest, response: HttpResponse): boolean {
  if (method === "GET") return true;
  answer(response, 405, "Method Not Allowed\n", { ...TEXT, Allow: "GET" });
  return false;
}

export function notFound(response: HttpResponse): void {
  answer(response, 404, "404 page not found\n", TEXT);
}
