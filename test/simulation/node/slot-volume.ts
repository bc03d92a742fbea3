/** What outlives a slot's containers on one host: etcd's data, keys, and what the agent notes. */
import { ETCD_DIR } from "../../../agent-image/agent/paths.ts";
import { DATA_MOUNT } from "../../../controller/model/agent-api.ts";
import { EtcdData } from "../etcd/data.ts";
import { Tree } from "./tree.ts";

const NO_DATA = new EtcdData();

export class SlotVolume {
  tree = new Tree([DATA_MOUNT]);

  /** What lies where an etcd would be started; to be looked at, or damaged. */
  get etcd(): EtcdData {
    return this.tree.etcdAt(ETCD_DIR) ?? NO_DATA;
  }

  /** As by `docker volume rm`, or a new disk. */
  lose(): void {
    this.tree = new Tree([DATA_MOUNT]);
  }
}
