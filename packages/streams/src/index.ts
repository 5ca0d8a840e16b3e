export type { ChannelConnection } from "./channel-connection.ts";
export type { ForwardCarrier, ForwardedConnection } from "./forwarded-connection.ts";
export { acceptSpdy, negotiateStreamProtocol, offeredStreamProtocols, wantsSpdy } from "./spdy/accept-spdy.ts";
export { onForwardedConnection, portForwardProtocol } from "./spdy/port-forward-pairs.ts";
export { collectSpdyChannels, spdyChannelProtocols, type WantedStreams } from "./spdy/spdy-channels.ts";
export { SpdyConnection, type SpdyStream } from "./spdy/spdy-connection.ts";
export { acceptSpdyTunnel, wantsSpdyTunnel } from "./spdy/spdy-tunnel.ts";
export { acceptWebSocketChannels } from "./web-socket-channels.ts";
export { acceptWebSocketPorts, portsOfWebSocket } from "./web-socket-ports.ts";
