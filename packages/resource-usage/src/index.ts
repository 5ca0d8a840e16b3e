export { type Amounts, formatAmounts, parseAmounts } from "./amounts.ts";
export type { Evaluator } from "./evaluator.ts";
export { evaluatorOf } from "./evaluators.ts";
export { judgeLimited, type LimitedResource } from "./limited.ts";
export { podTotals } from "./pod-totals.ts";
export { judge, type QuotaRequest, usedOf } from "./quota.ts";
