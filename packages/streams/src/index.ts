export { acceptChannels, type ChannelConnection, channelProtocols } from "./channels.ts";
