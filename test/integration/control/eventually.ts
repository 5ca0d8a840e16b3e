export { eventually } from "../loopback/eventually.ts";
