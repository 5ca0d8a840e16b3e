import { Socket } from "node:net";

/** What we rely on of Node and what is not in its types; where it is not there, a socket is read as others are. */
interface Internals {
  _handle?: (object & { readStop?(): number; useUserBuffer?: unknown; reading?: boolean }) | null;
}

const MEMORY_OCTETS = 128 * 1024;
/** What is read is dealt with before the next thing is read, on whichever connection. */
let memory: Buffer | undefined;

/**
 * Has everything that comes on an accepted socket read into the same memory, so `read` is given octets that are there for the call only. Otherwise each read
 * makes 64 KiB of memory that must be given back: a server of many short requests spends a tenth of its time on it. `onread` does this for sockets that
 * connect; one that was accepted gets another Socket around its handle, which is returned and takes its place. The one given ends with it, and ends it.
 */
export function readInPlace(accepted: Socket, read: (chunk: Buffer) => void): Socket {
  const internals = accepted as unknown as Internals;
  const handle = internals._handle;
  const isPlain = !("encrypted" in accepted) && accepted.readableLength === 0;
  if (!isPlain || !handle || typeof handle.readStop !== "function" || typeof handle.useUserBuffer !== "function") {
    accepted.on("data", read);
    return accepted;
  }
  memory ??= Buffer.allocUnsafeSlow(MEMORY_OCTETS);
  const buffer = memory;
  handle.readStop();
  handle.reading = false;
  internals._handle = null;
  const onread = {
    buffer,
    callback: (octets: number) => {
      read(buffer.subarray(0, octets));
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as unknown as ConstructorParameters<typeof Socket>[0]);
  socket.once("close", () => accepted.destroy());
  accepted.once("close", () => socket.destroy());
  return socket;
}
