export { acceptChannels, type ChannelConnection } from "./channels.ts";
