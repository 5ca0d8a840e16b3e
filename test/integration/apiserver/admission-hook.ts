import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "@drydock/pki";

export interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly kind: { readonly kind: string };
    readonly subResource?: string;
    readonly object: Readonly<Record<string, unknown>> | null;
    readonly oldObject: Readonly<Record<string, unknown>> | null;
    readonly options: Readonly<Record<string, unknown>> | null;
    readonly userInfo: { readonly username: string };
  };
}

/** The content of a response beside its uid; undefined to answer nothing at all. */
type Respond = (review: AdmissionReview) => Readonly<Record<string, unknown>> | undefined;

/** A real HTTPS server on loopback that answers AdmissionReviews as its paths are told to. */
export class AdmissionHook {
  readonly #server: Server;
  readonly caBundle: string;
  readonly reviews: AdmissionReview[] = [];
  readonly #paths = new Map<string, Respond>();

  private constructor(server: Server, caBundle: string) {
    this.#server = server;
    this.caBundle = caBundle;
  }

  /** `names` are those of its certificate. */
  static async start(names: readonly string[]): Promise<AdmissionHook> {
    const authority = await createAuthority("hooks");
    const pair = await issueCertificate(authority, {
      commonName: "hook",
      usages: ["server"],
      subjectAltNames: [...names],
    });
    const server = createServer({ cert: pair.certPem, key: pair.keyPem });
    const hook = new AdmissionHook(server, Buffer.from(authority.certPem).toString("base64"));
    server.on("request", async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const review = JSON.parse(text) as AdmissionReview;
      hook.reviews.push(review);
      const answer = hook.#paths.get(new URL(request.url ?? "", "https://hook").pathname)?.(review);
      if (!answer) return;
      const { apiVersion, kind } = review;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.request.uid, ...answer } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return hook;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  on(path: string, respond: Respond): void {
    this.#paths.set(path, respond);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export function jsonPatch(...operations: readonly object[]): Readonly<Record<string, unknown>> {
  const patch = Buffer.from(JSON.stringify(operations)).toString("base64");
  return { allowed: true, patchType: "JSONPatch", patch };
}
