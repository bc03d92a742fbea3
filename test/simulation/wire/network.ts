/**
 * Everything that passes between processes. Three kinds of traffic, for they fail differently:
 * etcd's peers speak in single messages that may be lost, doubled and overtaken; calls and streams
 * run on connections, where a loss ends the connection; a Mesos master and its agents find out by
 * themselves what got lost between them, and register anew.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import { CALM, type LinkConditions, MessageNetwork } from "../engine/network.ts";
import type { Rng } from "../engine/rng.ts";
import type { PeerMessage } from "../etcd/types.ts";
import { Partitions } from "./partitions.ts";
import type { Parcel } from "./endpoint.ts";

export class Network {
  readonly partitions = new Partitions();
  private readonly peers: MessageNetwork<PeerMessage>;
  private readonly parcels: MessageNetwork<Parcel>;
  private delays = 0;
  /** When everything that was late has arrived; milliseconds since the epoch. */
  private arrivedAt = 0;
  private readonly links: MessageNetwork<() => void>;

  constructor(
    private readonly clock: Clock,
    rng: Rng,
  ) {
    this.peers = new MessageNetwork(clock, rng.fork("peers"));
    this.parcels = new MessageNetwork(clock, rng.fork("parcels"));
    this.links = new MessageNetwork(clock, rng.fork("links"));
  }

  /** How peers' messages and connections fare from now on. */
  setConditions(peers: LinkConditions, connections: LinkConditions): void {
    const { latencyMs, delayMs } = this.parcels.conditions;
    this.expectWithin(latencyMs.max + delayMs.max);
    this.peers.conditions = peers;
    this.parcels.conditions = connections;
  }

  /** Nothing is cut, lost or late, and what was late has arrived. */
  get isCalm(): boolean {
    const isCut = this.partitions.any || this.delays > 0;
    return !isCut && this.parcels.conditions === CALM && this.clock.now() >= this.arrivedAt;
  }

  /** What one process sends to another on connections takes so long. @returns undoes it */
  delay(from: string, to: string, latencyMs: LinkConditions["latencyMs"]): () => void {
    this.parcels.setLink(from, to, { ...CALM, latencyMs });
    this.delays += 1;
    return () => {
      this.parcels.setLink(from, to, null);
      this.delays -= 1;
      this.expectWithin(latencyMs.max);
    };
  }

  calm(): void {
    this.setConditions(CALM, CALM);
    this.partitions.healAll();
  }

  /** What is under way arrives within this time. */
  private expectWithin(ms: number): void {
    this.arrivedAt = Math.max(this.arrivedAt, this.clock.now() + ms);
  }

  attachPeer(name: string, receive: (message: PeerMessage) => void): () => void {
    return this.peers.attach(name, (from, message) => {
      if (!this.partitions.blocks(from, name)) receive(message);
    });
  }

  sendPeer(from: string, to: string, message: PeerMessage): void {
    if (!this.partitions.blocks(from, to)) this.peers.send(from, to, message);
  }

  attach(name: string, receive: (from: string, parcel: Parcel) => void): () => void {
    return this.parcels.attach(name, (from, parcel) => {
      if (!this.partitions.blocks(from, name)) receive(from, parcel);
    });
  }

  send(from: string, to: string, parcel: Parcel): void {
    if (!this.partitions.blocks(from, to)) this.parcels.send(from, to, parcel);
  }

  attachLink(name: string): () => void {
    return this.links.attach(name, (from, arrive) => {
      if (!this.partitions.blocks(from, name)) arrive();
    });
  }

  /**
   * Runs `arrive` at `to` a moment later, in order, unless the two are cut off or `to` has ended.
   */
  sendLink(from: string, to: string, arrive: () => void): void {
    if (!this.partitions.blocks(from, to)) this.links.send(from, to, arrive);
  }
}
