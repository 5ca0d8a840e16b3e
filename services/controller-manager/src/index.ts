export { type ControllerManagerConfig, controllerManagerFlags } from "./config.ts";
export { start } from "./start.ts";
