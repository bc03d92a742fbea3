/** Makes this node show the hosts table that etcd holds: /etc/hosts and the node's own name. */
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { nodeName } from "../../../controller/model/ids.ts";
import { HOSTS_FILE, NAME_FILE } from "../paths.ts";
import { writeIfChanged } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { ClusterStore } from "./cluster-store.ts";
import { applyHosts } from "./hosts-file.ts";

/** Whoever else writes the file is corrected after this. */
const RECHECK_MS = 10_000;

export class HostsApplier {
  private readonly task: RepeatingTask;

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "files"> & {
      readonly config: NodeConfig;
      readonly store: ClusterStore;
      readonly board: StatusBoard;
    },
  ) {
    const { store, clock, log } = options;
    this.task = new RepeatingTask({ name: "hosts-file", clock, log, run: () => this.run() });
    this.task.start();
    store.subscribe(() => this.task.wake());
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const { config, store, board, log, files } = this.options;
    const table = store.data.hosts;
    if (table === null) return RECHECK_MS;
    try {
      const changed = await applyHosts(files, HOSTS_FILE, config.cluster, table);
      if (changed) log.info({ term: table.term, names: table.names }, "hosts file written");
      const own = table.names.find((n) => n.slot === config.slot);
      const name = own === undefined ? "" : nodeName(config.cluster, own.index);
      await writeIfChanged(files, NAME_FILE, `${name}\n`, { mode: 0o644 });
      board.setProblem("hosts", null);
      board.update({ hosts: table });
    } catch (error) {
      board.setProblem("hosts", `the hosts table cannot be written: ${messageOf(error)}`);
      throw error;
    }
    return RECHECK_MS;
  }
}
