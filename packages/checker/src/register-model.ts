import { renderRequest } from "./kv-model.ts";
import type { KvCompare, KvOperation, KvRequest, KvResponse, KvResult } from "./kv-types.ts";
import type { Model } from "./model.ts";

/** One key's value; undefined when there is none. `modRevision` is undefined while nobody has been told it. */
export interface Register {
  readonly value: string | undefined;
  readonly modRevision: number | undefined;
}

const ABSENT: Register = { value: undefined, modRevision: 0 };

/**
 * One key by itself, for histories that `partitionByKey` took apart: revisions only grow here, as the other keys take some of them. Where a
 * revision is not known, a comparison with it may end either way.
 */
export function createRegisterModel(): Model<Register, KvRequest, KvResponse> {
  return {
    initial: () => ABSENT,
    step: (state, operation) => step(state, operation),
    key: ({ value, modRevision }) => `${value}@${modRevision}`,
    explain(state, { request, outcome }) {
      const answer = outcome.kind === "returned" ? JSON.stringify(outcome.response) : "nothing";
      return `${renderRequest(request)} answered ${answer}; the key holds ${state.value}@${state.modRevision}`;
    },
  };
}

function step(state: Register, { request, outcome }: KvOperation): Register | undefined {
  if (outcome.kind === "unknown") return write(state, request, outcome.revision, undefined);
  const { revision, result } = outcome.response;
  if (state.modRevision !== undefined && revision < state.modRevision) return undefined;
  return write(state, request, revision, result);
}

/** `result` undefined: nobody was told; then a transaction takes the branch that the state gives it. */
function write(
  state: Register,
  request: KvRequest,
  revision: number | undefined,
  result: KvResult | undefined,
): Register | undefined {
  switch (request.kind) {
    case "range":
      return result?.kind === "range" ? read(state, result) : state;
    case "put":
      return isOlder(revision, state) ? undefined : { value: request.value, modRevision: revision };
    case "delete":
      if (result?.kind === "delete" && result.deleted !== (state.value === undefined ? 0 : 1)) return undefined;
      return state.value === undefined ? state : { ...ABSENT };
    case "txn": {
      const holds = request.compare.map((compare) => comparison(state, compare));
      const expected = holds.includes(false) ? false : holds.includes(undefined) ? undefined : true;
      const isSuccess = result?.kind === "txn" ? result.isSuccess : (expected ?? true);
      if (expected !== undefined && expected !== isSuccess) return undefined;
      const results = result?.kind === "txn" ? result.results : [];
      return (isSuccess ? request.success : request.failure).reduce<Register | undefined>(
        (current, each, index) => current && write(current, each, revision, results[index]),
        state,
      );
    }
  }
}

function isOlder(revision: number | undefined, { modRevision }: Register): boolean {
  return revision !== undefined && modRevision !== undefined && revision < modRevision;
}

function read(state: Register, { kvs }: Extract<KvResult, { kind: "range" }>): Register | undefined {
  const [kv] = kvs;
  if (kv?.value !== state.value) return undefined;
  if (!kv) return state;
  if (state.modRevision === undefined) return { value: kv.value, modRevision: kv.modRevision };
  return kv.modRevision === state.modRevision ? state : undefined;
}

/** Undefined when it depends on a revision that is not known, or on what a register does not remember. */
function comparison({ value, modRevision }: Register, { target, operator, operand }: KvCompare): boolean | undefined {
  if (target === "value") {
    if (value === undefined) return false;
    return operator === "=" ? value === operand : operator === "!=" ? value !== operand : undefined;
  }
  if (target !== "mod" || modRevision === undefined)
    return value === undefined ? zeroCompares(operator, operand) : undefined;
  if (operator === "=") return modRevision === operand;
  if (operator === "!=") return modRevision !== operand;
  return operator === "<" ? modRevision < Number(operand) : modRevision > Number(operand);
}

function zeroCompares(operator: KvCompare["operator"], operand: number | string): boolean {
  if (operator === "=") return operand === 0;
  if (operator === "!=") return operand !== 0;
  return operator === "<" ? Number(operand) > 0 : false;
}
