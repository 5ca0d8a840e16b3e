import { parseFlags, portFlag, stringFlag } from "@drydock/component";
import { ensurePki } from "@drydock/pki";
import { topologyOf } from "./lab/settings.ts";

/** Runs inside the lab's `setup` container: certificates for everybody, where they are missing or no longer fit. */
const flags = {
  directory: stringFlag({ help: "where keys and certificates lie" }),
  subnet: stringFlag({ help: "first three parts of the lab's network", default: "172.30.0" }),
  port: portFlag({ help: "port of the apiserver on the host", default: 6443 }),
};

const parsed = parseFlags(flags, { argv: process.argv.slice(2) });
if (parsed.kind !== "values") {
  console.error(parsed.kind === "errors" ? parsed.errors.join("\n") : "flags: --directory --subnet --port");
  process.exit(2);
}
const { directory, subnet, port } = parsed.values;
const { issued } = await ensurePki(directory, topologyOf(subnet, port));
console.log(issued.length === 0 ? "certificates: all present" : `certificates: issued ${issued.join(", ")}`);
