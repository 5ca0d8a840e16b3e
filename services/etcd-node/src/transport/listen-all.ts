import { type Listener, listen, type Served, type TlsOptions } from "./listen.ts";

/** Serves all URLs alike, `https` ones with TLS. They stop as one. */
export async function listenAll(
  urls: readonly string[],
  tls: TlsOptions | undefined,
  served: Served,
): Promise<Pick<Listener, "stop">> {
  const listeners: Listener[] = [];
  for (const text of urls) {
    const url = new URL(text);
    const isSecure = url.protocol === "https:";
    listeners.push(await listen(url, isSecure ? tls : undefined, served));
  }
  return {
    stop: async (graceMs) => {
      await Promise.all(listeners.map((listener) => listener.stop(graceMs)));
    },
  };
}
