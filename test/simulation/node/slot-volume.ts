/** What outlives a slot's containers on one host: etcd's data, and the note beside it. */
import type { Identity } from "../../../agent-image/agent/etcd/identity.ts";
import { EtcdData } from "../etcd/data.ts";

export class SlotVolume {
  etcd = new EtcdData();
  /** Which order made this member the only one; it is carried out once. */
  identity: Identity | null = null;

  /** As by `docker volume rm`, or a new disk. */
  lose(): void {
    this.etcd = new EtcdData();
    this.identity = null;
  }
}
