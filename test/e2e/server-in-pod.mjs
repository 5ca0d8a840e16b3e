// Runs in a pod of the lab: a webhook that labels what is created and refuses what is called `unwelcome`, and an API of one kind, Notes.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const GROUP_VERSION = "lab.example.com/v1";
const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: GROUP_VERSION,
  resources: [{ name: "notes", singularName: "note", namespaced: true, kind: "Note", verbs: ["get", "list"] }],
};

const ANSWERS = {
  "/healthz": () => ({ ok: true }),
  "/mutate": async (request) => {
    const review = JSON.parse(await textOf(request));
    const hasLabels = review.request.object.metadata.labels !== undefined;
    const patch = [
      ...(hasLabels ? [] : [{ op: "add", path: "/metadata/labels", value: {} }]),
      { op: "add", path: "/metadata/labels/seen-by", value: process.env.HOSTNAME },
    ];
    return answer(review, {
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    });
  },
  "/validate": async (request) => {
    const review = JSON.parse(await textOf(request));
    const isWelcome = review.request.name !== "unwelcome";
    return answer(review, isWelcome ? { allowed: true } : { allowed: false, status: { message: "not here" } });
  },
  [`/apis/${GROUP_VERSION}`]: () => RESOURCES,
  [`/apis/${GROUP_VERSION}/namespaces/extension/notes`]: ({ headers }) => ({
    kind: "NoteList",
    apiVersion: GROUP_VERSION,
    metadata: { resourceVersion: "1" },
    items: [
      {
        kind: "Note",
        apiVersion: GROUP_VERSION,
        metadata: { name: "who", namespace: "extension", annotations: { asker: headers["x-remote-user"] ?? "nobody" } },
      },
    ],
  }),
};

createServer({ cert: readFileSync("/tls/tls.crt"), key: readFileSync("/tls/tls.key") }, async (request, response) => {
  const make = ANSWERS[new URL(request.url, "https://pod").pathname];
  response.writeHead(make ? 200 : 404, { "Content-Type": "application/json" });
  response.end(JSON.stringify(make ? await make(request) : { kind: "Status", apiVersion: "v1", code: 404 }));
}).listen(8443);

function answer({ apiVersion, kind, request }, response) {
  return { apiVersion, kind, response: { uid: request.uid, ...response } };
}

async function textOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
