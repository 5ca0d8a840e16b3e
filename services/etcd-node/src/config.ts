import {
  booleanFlag,
  choiceFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  integerFlag,
  stringFlag,
  stringListFlag,
} from "@drydock/component";
import { ignoredFlags } from "./ignored-flags.ts";
import { logFlags } from "./logging/log-flags.ts";

/** Flags as etcd has them; each may also come from the environment, as `ETCD_<NAME>`. */
export const etcdFlags = {
  name: stringFlag({ help: "name of this member", default: "default" }),
  "data-dir": stringFlag({ help: "where the member keeps everything; empty means <name>.etcd", default: "" }),
  "wal-dir": stringFlag({
    help: "where the write-ahead log is kept; empty means below the data directory",
    default: "",
  }),
  "config-file": stringFlag({
    help: "YAML with etcd's names, in the place of all other flags and of the environment",
    default: "",
  }),
  "force-new-cluster": booleanFlag({
    help: "go on as the only member, with what this one has: for when the others are lost for good",
    default: false,
  }),
  "unsafe-no-fsync": booleanFlag({
    help: "do not wait for the disk: what was acknowledged may be lost when the machine fails",
    default: false,
  }),
  "listen-client-urls": stringListFlag({ help: "where clients are served", default: ["http://localhost:2379"] }),
  "listen-client-http-urls": stringListFlag({
    help: "where clients are served over HTTP alone; --listen-client-urls then speak gRPC alone",
    default: [],
  }),
  "advertise-client-urls": stringListFlag({
    help: "what members tell clients about this one",
    default: ["http://localhost:2379"],
  }),
  "listen-peer-urls": stringListFlag({ help: "where peers are served", default: ["http://localhost:2380"] }),
  "initial-advertise-peer-urls": stringListFlag({
    help: "this member's peer URLs",
    default: ["http://localhost:2380"],
  }),
  "initial-cluster": stringFlag({ help: "all members, name=url,name=url; empty means this one alone", default: "" }),
  "initial-cluster-token": stringFlag({ help: "keeps clusters with the same URLs apart", default: "etcd-cluster" }),
  "initial-cluster-state": choiceFlag(["new", "existing"], {
    help: "whether the cluster is being formed",
    default: "new",
  }),
  "listen-metrics-urls": stringListFlag({
    help: "where /health and /metrics are served; https with the certificate for clients",
    default: [],
  }),
  "heartbeat-interval": integerFlag({ help: "of the leader, in ms", default: 100, min: 10 }),
  "election-timeout": integerFlag({ help: "in ms; at least five heartbeats", default: 1000, min: 50 }),
  "snapshot-count": integerFlag({
    help: "entries applied between two compactions of the log",
    default: 10_000,
    min: 1,
  }),
  "snapshot-catchup-entries": integerFlag({
    help: "entries kept behind a compaction of the log, for members that lag a little",
    default: 5000,
    min: 1,
  }),
  "auto-compaction-mode": choiceFlag(["periodic", "revision"], {
    help: "what auto-compaction-retention counts",
    default: "periodic",
  }),
  "auto-compaction-retention": stringFlag({
    help: "how much history to keep: hours or a duration, or revisions; 0 keeps all",
    default: "0",
  }),
  "quota-backend-bytes": integerFlag({
    help: "size of the database at which nothing more is written; 0 means 2 GiB, less than 0 no limit",
    default: 0,
  }),
  "max-request-bytes": integerFlag({ help: "of one request", default: 1_572_864, min: 1 }),
  "max-txn-ops": integerFlag({ help: "operations of one transaction", default: 128, min: 1 }),
  "initial-corrupt-check": booleanFlag({
    help: "compare this member's hash with its peers' before clients are served",
    default: false,
  }),
  "corrupt-check-time": durationMsFlag({
    help: "how often the leader compares all members' hashes; 0 for never",
    default: 0,
  }),
  "compact-hash-check-time": durationMsFlag({
    help: "how often the leader compares what the members held where they were compacted, with the feature CompactHashCheck",
    default: 60_000,
  }),
  "feature-gates": stringListFlag({
    help: "etcd's, name=true,name=false; InitialCorruptCheck=true is what --initial-corrupt-check is",
    default: [],
  }),
  "max-learners": integerFlag({ help: "members without a vote at the same time", default: 1, min: 1 }),
  "strict-reconfig-check": booleanFlag({
    help: "refuse changes of the membership that would leave too few members connected",
    default: true,
  }),
  "watch-progress-notify-interval": durationMsFlag({
    help: "how long a watch that asked for it is silent before it is told how far it has got",
    default: 600_000,
  }),
  metrics: choiceFlag(["basic", "extensive"], {
    help: "whether calls are timed for the metrics, too",
    default: "basic",
  }),
  "compaction-batch-limit": integerFlag({
    help: "revisions that a compaction deletes in one transaction of the database; 0 for 2000",
    default: 0,
  }),
  "compaction-sleep-interval": durationMsFlag({
    help: "rest between two such transactions; never less than the last one took; 0 for 10ms",
    default: 0,
  }),
  "warning-apply-duration": durationMsFlag({
    help: "how long what was committed may take to be applied, before the log says so",
    default: 100,
  }),
  "warning-unary-request-duration": durationMsFlag({
    help: "how long a request may take, before the log says so; measured to a twentieth of a second",
    default: 300,
  }),
  "socket-reuse-port": booleanFlag({ help: "let another process listen at the same addresses", default: false }),
  cors: stringListFlag({ help: "origins of pages that may ask over HTTP; * for any", default: ["*"] }),
  "host-whitelist": stringListFlag({
    help: "host names that HTTP requests without TLS may be for; * for any",
    default: ["*"],
  }),
  "enable-grpc-gateway": booleanFlag({ help: "serve the API as JSON below /v3", default: true }),
  "auth-token": stringFlag({
    help: "simple, or jwt with its options: jwt,pub-key=…,priv-key=…,sign-method=…,ttl=…",
    default: "simple",
  }),
  "auth-token-ttl": integerFlag({ help: "of simple tokens, in seconds from their last use", default: 300, min: 1 }),
  "bcrypt-cost": integerFlag({
    help: "of hashing a password: each step doubles the time",
    default: 10,
    min: 4,
    max: 31,
  }),
  "http2-transport": choiceFlag(["own", "node"], {
    help: "which HTTP/2 carries gRPC: our own, or node:http2, to compare",
    default: "own",
  }),
  ...logFlags,
  ...ignoredFlags,
  "client-cert-auth": booleanFlag({ help: "clients must show a certificate", default: false }),
  "cert-file": stringFlag({ help: "certificate for clients", default: "" }),
  "key-file": stringFlag({ help: "private key for clients", default: "" }),
  "client-cert-file": stringFlag({
    help: "certificate that etcd's gateway shows to its own member; read, and needed for nothing here",
    default: "",
  }),
  "client-key-file": stringFlag({ help: "private key to --client-cert-file", default: "" }),
  "auto-tls": booleanFlag({
    help: "serve clients with a certificate of the member's own making, where none is given",
    default: false,
  }),
  "trusted-ca-file": stringFlag({ help: "authority of client certificates", default: "" }),
  "peer-client-cert-auth": booleanFlag({ help: "peers must show a certificate", default: false }),
  "peer-cert-file": stringFlag({ help: "certificate for peers", default: "" }),
  "peer-key-file": stringFlag({ help: "private key for peers", default: "" }),
  "peer-client-cert-file": stringFlag({
    help: "certificate that is shown to peers that are connected to; empty for --peer-cert-file",
    default: "",
  }),
  "peer-client-key-file": stringFlag({ help: "private key to --peer-client-cert-file", default: "" }),
  "peer-auto-tls": booleanFlag({
    help: "serve peers with a certificate of the member's own making, where none is given; no peer's certificate is looked at",
    default: false,
  }),
  "self-signed-cert-validity": integerFlag({
    help: "of certificates of the member's own making, in years",
    default: 1,
    min: 0,
  }),
  "peer-trusted-ca-file": stringFlag({ help: "authority of peer certificates", default: "" }),
  "client-crl-file": stringFlag({ help: "certificates of clients that are good no more", default: "" }),
  "peer-crl-file": stringFlag({ help: "certificates of peers that are good no more", default: "" }),
  "client-cert-allowed-hostname": stringListFlag({
    help: "hosts, one of which a client's certificate must be for; empty for any",
    default: [],
  }),
  "peer-cert-allowed-cn": stringListFlag({ help: "common names that peers may have; empty for any", default: [] }),
  "peer-cert-allowed-hostname": stringListFlag({
    help: "hosts, one of which a peer's certificate must be for; empty for any",
    default: [],
  }),
  "cipher-suites": stringListFlag({ help: "by Go's names, for TLS 1.2; empty for Node's own", default: [] }),
  "tls-min-version": choiceFlag(["", "TLS1.2", "TLS1.3"], { help: "lowest version of TLS", default: "TLS1.2" }),
  "tls-max-version": choiceFlag(["", "TLS1.2", "TLS1.3"], {
    help: "highest version of TLS; empty for any",
    default: "",
  }),
} satisfies FlagSet;

export type EtcdConfig = FlagValues<typeof etcdFlags>;
