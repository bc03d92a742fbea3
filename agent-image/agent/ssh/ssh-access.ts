/** Who may come in and whom to trust, rendered from the live records in etcd. */
import { dirname } from "node:path";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { ClusterStore } from "../naming/cluster-store.ts";
import { AUTHORIZED_KEYS_DIR, KNOWN_HOSTS_FILE, SSH_CONFIG_FILE, USER_KEY_FILE } from "../paths.ts";
import { writeIfChanged } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import {
  nodesInForce,
  renderAuthorizedKeys,
  renderKnownHosts,
  renderSshConfig,
} from "./ssh-text.ts";

const RECHECK_MS = 30_000;

export class SshAccess {
  private readonly task: RepeatingTask;

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "files"> & {
      readonly config: NodeConfig;
      readonly store: ClusterStore;
      readonly board: StatusBoard;
    },
  ) {
    const { store, clock, log } = options;
    this.task = new RepeatingTask({ name: "ssh-access", clock, log, run: () => this.run() });
    store.subscribe(() => this.task.wake());
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const { board } = this.options;
    try {
      await this.apply();
      board.setProblem("ssh", null);
    } catch (error) {
      board.setProblem("ssh", `SSH access cannot be written: ${messageOf(error)}`);
      throw error;
    }
    return RECHECK_MS;
  }

  private async apply(): Promise<void> {
    const { config, store, board, files } = this.options;
    const { cluster, ssh } = config;
    const nodes = nodesInForce(store.data.members, store.data.hosts);
    const clientConfig = renderSshConfig({
      cluster,
      user: ssh.user,
      identityFile: USER_KEY_FILE,
      knownHostsFile: KNOWN_HOSTS_FILE,
      addresses: (store.data.hosts?.names ?? []).map((n) => n.ip),
    });
    const texts = [
      [KNOWN_HOSTS_FILE, renderKnownHosts(cluster, nodes, config.slot)],
      [`${AUTHORIZED_KEYS_DIR}/${ssh.user}`, renderAuthorizedKeys(nodes, ssh.authorizedKeys)],
      [SSH_CONFIG_FILE, clientConfig],
    ] as const;
    for (const [path, text] of texts) {
      await files.makeDirectory(dirname(path), 0o755);
      await writeIfChanged(files, path, text, { mode: 0o644 });
    }
    board.update({ sshKnownSlots: nodes.map((n) => n.slot) });
  }
}
