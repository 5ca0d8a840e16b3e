import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";

/** A verdict that goes to the client as it is: etcd's code and text. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** etcd's error table (api/v3rpc/rpctypes), as far as this server gives them. Clients and tools compare these texts. */
export const errors = {
  emptyKey: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: key is not provided"),
  keyNotFound: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: key not found"),
  valueProvided: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: value is provided"),
  leaseProvided: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: lease is provided"),
  tooManyOps: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"),
  duplicateKey: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"),
  invalidSortOption: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: invalid sort option"),
  compacted: () => new RpcError(status.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"),
  futureRevision: () => new RpcError(status.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"),
  requestTooLarge: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: request is too large"),
  tooManyRequests: () => new RpcError(status.RESOURCE_EXHAUSTED, "etcdserver: too many requests"),
  leaseNotFound: () => new RpcError(status.NOT_FOUND, "etcdserver: requested lease not found"),
  leaseExists: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: lease already exists"),
  leaseTtlTooLarge: () => new RpcError(status.OUT_OF_RANGE, "etcdserver: too large lease TTL"),
  noLeader: () => new RpcError(status.UNAVAILABLE, "etcdserver: no leader"),
  notLeader: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: not leader"),
  leaderChanged: () => new RpcError(status.UNAVAILABLE, "etcdserver: leader changed"),
  badLeaderTransferee: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: bad leader transferee"),
  timeout: () => new RpcError(status.UNAVAILABLE, "etcdserver: request timed out"),
  timeoutDueToLeaderFail: () =>
    new RpcError(status.UNAVAILABLE, "etcdserver: request timed out, possibly due to previous leader failure"),
  noSpace: () => new RpcError(status.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"),
  corrupt: () => new RpcError(status.DATA_LOSS, "etcdserver: corrupt cluster"),
  memberExists: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: member ID already exist"),
  peerUrlExists: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: Peer URLs already exists"),
  memberNotEnoughStarted: () =>
    new RpcError(status.UNKNOWN, "etcdserver: re-configuration failed due to not enough started members"),
  memberBadUrls: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: given member URLs are invalid"),
  memberNotFound: () => new RpcError(status.NOT_FOUND, "etcdserver: member not found"),
  memberNotLearner: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: can only promote a learner member"),
  learnerNotReady: () =>
    new RpcError(
      status.FAILED_PRECONDITION,
      "etcdserver: can only promote a learner member which is in sync with leader",
    ),
  tooManyLearners: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: too many learner members in cluster"),
  unhealthyCluster: () => new RpcError(status.UNAVAILABLE, "etcdserver: unhealthy cluster"),
  notSupportedForLearner: () => new RpcError(status.UNAVAILABLE, "etcdserver: rpc not supported for learner"),
  invalidDowngradeVersion: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: invalid downgrade target version"),
  downgradeInProgress: () =>
    new RpcError(status.FAILED_PRECONDITION, "etcdserver: cluster has a downgrade job in progress"),
  wrongVersionFormat: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: wrong downgrade target version format"),
  unknownMethod: () => new RpcError(status.UNKNOWN, "etcdserver: unknown method"),
  rootUserNotExist: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: root user does not exist"),
  rootRoleNotExist: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: root user does not have root role"),
  userAlreadyExists: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: user name already exists"),
  userEmpty: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: user name is empty"),
  userNotFound: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: user name not found"),
  roleAlreadyExists: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: role name already exists"),
  roleNotFound: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: role name not found"),
  roleEmpty: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: role name is empty"),
  authFailed: () =>
    new RpcError(status.INVALID_ARGUMENT, "etcdserver: authentication failed, invalid user ID or password"),
  noPasswordUser: () =>
    new RpcError(status.UNKNOWN, "auth: authentication failed, password was given for no password user"),
  permissionNotGiven: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: permission not given"),
  permissionDenied: () => new RpcError(status.PERMISSION_DENIED, "etcdserver: permission denied"),
  roleNotGranted: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: role is not granted to the user"),
  permissionNotGranted: () =>
    new RpcError(status.FAILED_PRECONDITION, "etcdserver: permission is not granted to the role"),
  authNotEnabled: () => new RpcError(status.FAILED_PRECONDITION, "etcdserver: authentication is not enabled"),
  invalidAuthToken: () => new RpcError(status.UNAUTHENTICATED, "etcdserver: invalid auth token"),
  invalidAuthMgmt: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: invalid auth management"),
  authOldRevision: () => new RpcError(status.INVALID_ARGUMENT, "etcdserver: revision of auth store is old"),
  stopped: () => new RpcError(status.UNAVAILABLE, "etcdserver: server stopped"),
} as const;

/** What grpc-js wants an error to be. Anything unexpected is internal, with its message. */
export function toServiceError(
  error: unknown,
): Pick<ServiceError, "code" | "details" | "message" | "name"> & { metadata?: Metadata } {
  const message = error instanceof Error ? error.message : String(error);
  return {
    name: "RpcError",
    code: error instanceof RpcError ? error.code : status.INTERNAL,
    details: message,
    message,
  };
}
