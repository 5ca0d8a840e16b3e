import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type {
  V1LimitedPriorityLevelConfiguration,
  V1PriorityLevelConfiguration,
  V1QueuingConfiguration,
} from "@drydock/kube-api";
import { column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";
import { type Finding, findings, optionalOneOf } from "../meta/rules.ts";
import { validateFlowConditions } from "./flow-conditions.ts";

const SPEC = FieldPath.of("spec");
const SHARES_DEFAULT = 30;
const QUEUES_MAX = 10_000_000;
const HAND_BITS_MAX = 60;

export const priorityLevelConfiguration = defineKind<V1PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  kind: "PriorityLevelConfiguration",
  resource: "prioritylevelconfigurations",
  isNamespaced: false,
  schema: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults,
    prepareForCreate(object) {
      object.status = {};
    },
    validate,
    validateUpdate: validate,
  },
  columns: [
    column("Type", ({ spec }) => spec?.type ?? ""),
    column("NominalConcurrencyShares", ({ spec }) => String(spec?.limited?.nominalConcurrencyShares ?? "<none>")),
    column("Queues", ({ spec }) => queuingText(spec?.limited, "queues")),
    column("HandSize", ({ spec }) => queuingText(spec?.limited, "handSize")),
    column("QueueLengthLimit", ({ spec }) => queuingText(spec?.limited, "queueLengthLimit")),
  ],
  subresources: {
    status: {
      ...separateStatus.statusAlone,
      validateUpdate: ({ status }) => validateFlowConditions(status?.conditions),
    },
  },
});

function queuingText(
  limited: V1LimitedPriorityLevelConfiguration | undefined,
  field: keyof V1QueuingConfiguration,
): string {
  return String(limited?.limitResponse?.queuing?.[field] ?? "<none>");
}

function setDefaults({ spec }: V1PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (!spec?.limited) return;
  spec.limited.nominalConcurrencyShares ??= SHARES_DEFAULT;
  spec.limited.lendablePercent ??= 0;
  const queuing = spec.limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function validate({ metadata, spec }: V1PriorityLevelConfiguration): FieldError[] {
  const { type, limited, exempt } = spec ?? {};
  const isExemptName = metadata.name === "exempt";
  return findings(
    isExemptName !== (type === "Exempt") &&
      fieldErrors.invalid(
        SPEC.child("type"),
        type ?? "",
        isExemptName
          ? "must be 'Exempt' if `name` is 'exempt'"
          : "type must be 'Exempt' if and only if `name` is 'exempt'",
      ),
    metadata.name === "catch-all" &&
      !deepEqual(limited?.limitResponse, { type: "Reject" }) &&
      fieldErrors.invalid(
        SPEC,
        spec,
        "spec of 'catch-all' except the fields 'shares' and 'lendablePercent' must equal a fixed value",
      ),
    optionalOneOf(SPEC.child("type"), type ?? "", ["Exempt", "Limited"]),
    type === "Exempt" && [
      limited && fieldErrors.forbidden(SPEC.child("limited"), "must be nil if the type is not Limited"),
      exempt && validateShares(exempt, SPEC.child("exempt")),
    ],
    type === "Limited" && [
      exempt && fieldErrors.forbidden(SPEC.child("exempt"), "must be nil if the type is Limited"),
      limited
        ? validateLimited(limited, SPEC.child("limited"))
        : fieldErrors.required(SPEC.child("limited"), "must not be empty when type is Limited"),
    ],
  );
}

function validateShares(
  { nominalConcurrencyShares: shares = 0, lendablePercent = 0 }: V1LimitedPriorityLevelConfiguration,
  path: FieldPath,
): Finding {
  return [
    shares < 0 && fieldErrors.invalid(path.child("nominalConcurrencyShares"), shares, "must be a non-negative integer"),
    (lendablePercent < 0 || lendablePercent > 100) &&
      fieldErrors.invalid(path.child("lendablePercent"), lendablePercent, "must be between 0 and 100, inclusive"),
  ];
}

function validateLimited(limited: Partial<V1LimitedPriorityLevelConfiguration>, path: FieldPath): Finding {
  const { limitResponse, borrowingLimitPercent } = limited;
  const at = path.child("limitResponse");
  return [
    validateShares(limited, path),
    borrowingLimitPercent !== undefined &&
      borrowingLimitPercent < 0 &&
      fieldErrors.invalid(
        path.child("borrowingLimitPercent"),
        borrowingLimitPercent,
        "if specified, must be a non-negative integer",
      ),
    optionalOneOf(at.child("type"), limitResponse?.type ?? "", ["Queue", "Reject"]),
    limitResponse?.type === "Reject" &&
      limitResponse.queuing &&
      fieldErrors.forbidden(at.child("queuing"), "must be nil if limited.limitResponse.type is not Limited"),
    limitResponse?.type === "Queue" &&
      (limitResponse.queuing
        ? validateQueuing(limitResponse.queuing, at.child("queuing"))
        : fieldErrors.required(at.child("queuing"), "must not be empty if limited.limitResponse.type is Limited")),
  ];
}

function validateQueuing(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: V1QueuingConfiguration,
  path: FieldPath,
): Finding {
  return [
    queueLengthLimit <= 0 && fieldErrors.invalid(path.child("queueLengthLimit"), queueLengthLimit, "must be positive"),
    queues <= 0 && fieldErrors.invalid(path.child("queues"), queues, "must be positive"),
    queues > QUEUES_MAX && fieldErrors.invalid(path.child("queues"), queues, `must not be greater than ${QUEUES_MAX}`),
    handSize <= 0 && fieldErrors.invalid(path.child("handSize"), handSize, "must be positive"),
    queues > 0 &&
      handSize > queues &&
      fieldErrors.invalid(path.child("handSize"), handSize, `should not be greater than queues (${queues})`),
    queues > 0 &&
      handSize > 0 &&
      handSize <= queues &&
      entropyBits(queues, handSize) > HAND_BITS_MAX &&
      fieldErrors.invalid(
        path.child("handSize"),
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HAND_BITS_MAX}`,
      ),
  ];
}

/** Of dealing a hand out of so many queues. */
function entropyBits(queues: number, handSize: number): number {
  let product = 1;
  for (let index = 0; index < handSize; index++) product *= queues - index;
  return Math.ceil(Math.log2(product));
}
