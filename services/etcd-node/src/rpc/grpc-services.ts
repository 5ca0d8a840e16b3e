import { DirectGrpc, type DirectHandler, type DirectMethod } from "@drydock/http2";
import { Server, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";

/** The services of one port, twice: for grpc-js, which can serve all of them, and for our own transport, which serves most by itself. */
export class GrpcServices {
  readonly server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.http2.min_time_between_pings_ms": 500,
    "grpc.enable_channelz": 0,
  });
  readonly direct: DirectGrpc;

  /** `requestOctetsMax`: of one message that our own transport takes by itself. */
  constructor(requestOctetsMax: number) {
    this.direct = new DirectGrpc(requestOctetsMax);
  }

  add(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.server.addService(definition, implementation);
    for (const [name, method] of Object.entries(definition)) {
      const handler = implementation[name];
      // Streams that go one way are rare and long: they stay with grpc-js.
      if (handler && method.requestStream === method.responseStream)
        this.direct.add(method as DirectMethod, handler as unknown as DirectHandler);
    }
  }
}
