/** The framing of ZooKeeper's connections: a length of four bytes, then so many bytes. Pure. */
import { ZooKeeperProtocolError } from "./jute.ts";

/** What ZooKeeper itself takes by default (`jute.maxbuffer`). Bytes. */
export const PACKET_BYTES_MAX = 1024 * 1024;
const LENGTH_BYTES = 4;

/** Takes the stream apart however the network has cut it. After an error it is of no more use. */
export class PacketDecoder {
  private parts: Buffer[] = [];
  private held = 0;
  /** Bytes of the packet that has begun; null while its length is being read. */
  private length: number | null = null;

  /**
   * @returns the packets that this chunk has completed, in order
   * @throws ZooKeeperProtocolError when a packet is larger than {@link PACKET_BYTES_MAX}
   */
  push(chunk: Buffer): Buffer[] {
    const packets: Buffer[] = [];
    let rest = chunk;
    do {
      const wanted = this.length ?? LENGTH_BYTES;
      const part = rest.subarray(0, wanted - this.held);
      this.parts.push(part);
      this.held += part.length;
      rest = rest.subarray(part.length);
      if (this.held < wanted) break;
      const whole = this.parts.length === 1 ? part : Buffer.concat(this.parts);
      this.parts = [];
      this.held = 0;
      if (this.length === null) {
        this.length = packetLength(whole);
      } else {
        this.length = null;
        packets.push(whole);
      }
    } while (rest.length > 0 || this.length === 0);
    return packets;
  }
}

function packetLength(bytes: Buffer): number {
  const length = bytes.readInt32BE();
  if (length >= 0 && length <= PACKET_BYTES_MAX) return length;
  const allowed = `at most ${PACKET_BYTES_MAX} are taken`;
  throw new ZooKeeperProtocolError(`a packet of ${length} bytes, ${allowed}`);
}
