import { randomInt } from "node:crypto";
import type { AuthCommand } from "@drydock/proto/drydock/raft/v1/raft";
import type { AuthServer, AuthUserAddRequest, ResponseHeader } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { Caller } from "../auth/access.ts";
import type { JwtTokens } from "../auth/jwt-tokens.ts";
import { hashPassword, verifyPassword } from "../auth/password.ts";
import { header, type RpcContext, refuseOnLearner, unary } from "./context.ts";
import { errors } from "./errors.ts";

type Change = NonNullable<AuthCommand["request"]>;

const TOKEN_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TOKEN_LENGTH = 16;

/** Auth: users, roles, their permissions, and tokens. Changes go through the log; reads wait for what was committed before them. */
export function createAuthService(
  context: RpcContext,
  { jwt, bcryptCost }: { readonly jwt: JwtTokens | undefined; readonly bcryptCost: number },
): AuthServer {
  const store = () => context.driver.state.machine.auth;
  const answer = () => ({ header: header(context) });
  const method = <Request, Response>(handle: Parameters<typeof unary<Request, Response>>[1]) =>
    unary<Request, Response>(context, async (request, call) => {
      refuseOnLearner(context);
      return handle(request, call);
    });
  /** Without a call: whoever has shown a password needs nothing else, not even a good token. */
  const change = async (call: Caller | undefined, request: Change): Promise<string> => {
    const command = { $case: "auth", value: { request } } as const;
    const requester = call && (await context.access.command(call, command));
    const outcome = await context.driver.propose(command, requester);
    return outcome.kind === "auth" ? outcome.token : "";
  };
  const simple = <C extends Change["$case"]>($case: C) =>
    method<Extract<Change, { $case: C }>["value"], { header: ResponseHeader | undefined }>(async (value, call) => {
      await change(call, { $case, value } as Change);
      return answer();
    });
  return {
    authEnable: simple("enable"),
    authDisable: simple("disable"),
    authStatus: method(async (_, call) => {
      await context.driver.linearize();
      await context.access.admin(call);
      return { ...answer(), enabled: store().isEnabled, authRevision: store().revision };
    }),
    authenticate: method(async ({ name, password }) => {
      await context.driver.linearize();
      for (;;) {
        const { revision } = store();
        if (!(await verifyPassword(password, store().passwordHashOf(name)))) throw errors.authFailed();
        const token = jwt
          ? await jwt.sign(name, revision)
          : await change(undefined, { $case: "assignToken", value: { name, prefix: tokenPrefix() } });
        // Another password may have been set while this one was looked at.
        if (revision === store().revision) return { ...answer(), token };
      }
    }),
    userAdd: method(async (request, call) => {
      await context.access.admin(call);
      await change(call, { $case: "userAdd", value: await withHash(request, bcryptCost) });
      return answer();
    }),
    userGet: method(async ({ name }, call) => {
      await context.driver.linearize();
      await context.access.adminOr(call, (requester) => requester === name);
      return { ...answer(), roles: store().user(name).roles };
    }),
    userList: method(async (_, call) => {
      await context.driver.linearize();
      await context.access.admin(call);
      return { ...answer(), users: store().userNames };
    }),
    userDelete: simple("userDelete"),
    userChangePassword: method(async (request, call) => {
      await context.access.admin(call);
      const hashedPassword = await hashPassword(request.password, bcryptCost);
      await change(call, { $case: "userChangePassword", value: { ...request, password: "", hashedPassword } });
      return answer();
    }),
    userGrantRole: simple("userGrantRole"),
    userRevokeRole: simple("userRevokeRole"),
    roleAdd: simple("roleAdd"),
    roleGet: method(async ({ role }, call) => {
      await context.driver.linearize();
      await context.access.adminOr(call, (requester) => store().hasRole(requester, role));
      return { ...answer(), perm: store().permissionsOfRole(role) };
    }),
    roleList: method(async (_, call) => {
      await context.driver.linearize();
      await context.access.admin(call);
      return { ...answer(), roles: store().roleNames };
    }),
    roleDelete: simple("roleDelete"),
    roleGrantPermission: simple("roleGrantPermission"),
    roleRevokePermission: simple("roleRevokePermission"),
  };
}

async function withHash(request: AuthUserAddRequest, bcryptCost: number): Promise<AuthUserAddRequest> {
  const hashedPassword = request.options?.noPassword ? "" : await hashPassword(request.password, bcryptCost);
  return { ...request, password: "", hashedPassword };
}

function tokenPrefix(): string {
  return Array.from({ length: TOKEN_LENGTH }, () => TOKEN_LETTERS[randomInt(TOKEN_LETTERS.length)]).join("");
}
