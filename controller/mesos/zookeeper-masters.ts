/** The leading master is the one that ZooKeeper names. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { ZooKeeperClient } from "../zookeeper/client.ts";
import type { Dial, ZooKeeperConnection } from "../zookeeper/connection.ts";
import { addressText, type MasterAddress, SCHEDULER_PATH } from "./http/master-address.ts";
import type { MasterDetector } from "./master-detector.ts";
import { leadingEntry, parseMasterInfo, placesOf } from "./master-info.ts";
import { targetText, type ZooKeeperTarget } from "./target.ts";

export interface ZooKeeperMastersOptions {
  readonly target: ZooKeeperTarget;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Reaches the servers in another way than by TCP. */
  readonly dial?: Dial;
}

interface Leader {
  /** Name of its node: a master that begins anew at the same address is another leader. */
  readonly entry: string;
  readonly addresses: readonly MasterAddress[];
}

/**
 * While ZooKeeper can't be asked the last leader that it named stays the one: unknown is not absent.
 * When it says that there is none, there is none.
 */
export class ZooKeeperMasters implements MasterDetector {
  private readonly client: ZooKeeperClient;
  private readonly listeners = new Set<() => void>();
  private leader: Leader | null = null;
  /** Why there is none, or why it is not known; null before ZooKeeper was asked. */
  private why: OperationError | null = null;

  constructor(private readonly options: ZooKeeperMastersOptions) {
    const { target, clock, log, random, dial } = options;
    this.client = new ZooKeeperClient({
      ...(dial === undefined ? {} : { dial }),
      servers: target.servers,
      auth: target.auth,
      clock,
      log,
      random,
      look: (connection) => this.look(connection),
      onUnreachable: (reason) => this.cannotTell(reason),
    });
  }

  start(): void {
    this.client.start();
  }

  candidates(): readonly MasterAddress[] {
    return this.leader?.addresses ?? [];
  }

  problem(): OperationError | null {
    return this.leader === null ? this.why : null;
  }

  leads(): void {}

  failed(): void {
    this.client.lookAgain();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.client.stop();
  }

  private async look(connection: ZooKeeperConnection): Promise<void> {
    try {
      await this.read(connection);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      if (error.code !== ERROR_CODES.ZOOKEEPER_REFUSED) throw error;
      // The connection is good, and the right to read may be given at any time.
      this.cannotTell(error);
    }
  }

  private async read(connection: ZooKeeperConnection): Promise<void> {
    const { target } = this.options;
    const names = await connection.children(target.path);
    if (names === null) {
      // Asked for its watch, which tells when the node is made.
      if (await connection.exists(target.path)) this.client.lookAgain();
      else this.nobody(this.noLeader(`has no node ${target.path}: no Mesos master has been there`));
      return;
    }
    const entry = leadingEntry(names);
    if (entry === null) {
      this.nobody(this.noLeader("knows no leading master: none is registered there"));
      return;
    }
    const content = await connection.data(`${target.path}/${entry}`);
    // It has just gone.
    if (content === null) this.client.lookAgain();
    else this.found(entry, content);
  }

  private found(entry: string, content: Buffer): void {
    const { target, log } = this.options;
    const info = parseMasterInfo(content);
    if (!info.ok) {
      return this.cannotTell(
        this.noLeader(`has an entry ${entry} that can't be read: ${info.problem}`),
      );
    }
    const places = placesOf(info, target.tls !== undefined);
    const addresses = places.map((place) => ({ ...place, path: SCHEDULER_PATH }));
    const { leader: before, why } = this;
    const isSame = before?.entry === entry && textOf(before.addresses) === textOf(addresses);
    this.leader = { entry, addresses };
    this.why = null;
    if (isSame && why === null) return;
    log.info({ master: textOf(addresses), entry }, "ZooKeeper names the leading Mesos master");
    if (!isSame) this.tell();
  }

  private nobody(why: OperationError): void {
    const hadLeader = this.leader !== null;
    this.leader = null;
    if (this.because(why) || hadLeader) this.tell();
  }

  private cannotTell(why: OperationError): void {
    if (this.because(why) && this.leader === null) this.tell();
  }

  /** @returns whether this is news */
  private because(why: OperationError): boolean {
    if (this.why?.message === why.message) return false;
    this.why = why;
    const { code, message: error } = why;
    const lastKnown = this.leader === null ? null : textOf(this.leader.addresses);
    this.options.log.warn(
      { code, error, lastKnown },
      "the leading Mesos master can't be found out",
    );
    return true;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private noLeader(what: string): OperationError {
    const message = `ZooKeeper at ${targetText(this.options.target)} ${what}.`;
    return new OperationError(ERROR_CODES.MESOS_NO_LEADER, "find the leading master", message);
  }
}

function textOf(addresses: readonly MasterAddress[]): string {
  return addresses.map(addressText).join(" or ");
}
