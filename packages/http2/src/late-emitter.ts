import { EventEmitter } from "node:events";

/**
 * An EventEmitter whose table of listeners is made for the first listener. Most requests have none, and the table, which the emitter's own constructor
 * makes, costs more than the rest of a request. Node's methods are made for it: they take an emitter whose constructor was never called, as
 * inheritance in the old way has them.
 */
export const LateEmitter = function LateEmitter() {} as unknown as new () => EventEmitter;
Object.setPrototypeOf(LateEmitter.prototype, EventEmitter.prototype);
