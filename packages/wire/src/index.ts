export { PayloadDecoder, PayloadEncoder } from "./payload-codec.ts";
export { TickBatcher } from "./tick-batcher.ts";
