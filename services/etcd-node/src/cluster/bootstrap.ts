import type { EtcdConfig } from "../config.ts";
import { type Bootstrap, foundCluster, type NamedPeer, parseInitialCluster } from "./identity.ts";
import type { MemberRecord } from "./members.ts";

/** What a member of an existing cluster tells about it. */
export interface ClusterView {
  readonly clusterId: string;
  readonly members: readonly MemberRecord[];
}

const ASK_AGAIN_MS = 500;
const GIVE_UP_MS = 60_000;

/**
 * How a member without data begins, by its flags: it founds a cluster, or joins one whose members (as `--initial-cluster` names them)
 * `describe` asks for who it is to be. Throws when flags and cluster do not fit, with etcd's words where it has some.
 */
export async function bootstrapFromFlags(
  config: EtcdConfig,
  describe: (peerUrl: string) => Promise<ClusterView>,
): Promise<Bootstrap> {
  const own = config.initialAdvertisePeerUrls.map((url) => `${config.name}=${url}`).join(",");
  const peers = parseInitialCluster(config.initialCluster || own);
  const self = peers.find(({ name }) => name === config.name);
  if (!self) throw new Error(`--initial-cluster does not name this member, "${config.name}"`);
  if (config.initialClusterState === "new") return foundCluster(peers, config.initialClusterToken, config.name);
  const others = peers.filter((peer) => peer !== self).flatMap(({ peerUrls }) => peerUrls);
  return joinCluster(peers, self, await askAny(others, describe));
}

/** Who `self` is in the cluster that was found. */
function joinCluster(peers: readonly NamedPeer[], self: NamedPeer, view: ClusterView): Bootstrap {
  if (peers.length !== view.members.length)
    throw new Error("error validating peerURLs: member count is unequal: --initial-cluster must name every member");
  const isSame = (member: MemberRecord) => self.peerUrls.every((url) => member.peerUrls.includes(url));
  const record = view.members.find(isSame);
  if (!record)
    throw new Error(
      `the cluster has no member with the peer URLs ${self.peerUrls.join(", ")}: add it first (member add)`,
    );
  return {
    identity: { clusterId: view.clusterId, memberId: record.id },
    members: view.members,
    isJoining: true,
  };
}

async function askAny(
  urls: readonly string[],
  describe: (peerUrl: string) => Promise<ClusterView>,
): Promise<ClusterView> {
  if (urls.length === 0) throw new Error("--initial-cluster names nobody who could tell about the existing cluster");
  const deadlineMs = Date.now() + GIVE_UP_MS;
  for (;;) {
    for (const url of urls) {
      const view = await describe(url).catch(() => undefined);
      if (view) return view;
    }
    if (Date.now() > deadlineMs) throw new Error("could not retrieve cluster information from the given URLs");
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
