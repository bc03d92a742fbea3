/** A cluster, and somebody with notebooks on it. */
import { jupyterUrl } from "./invariants.ts";
import { LocalCluster, type LocalClusterOptions } from "./local-cluster.ts";
import { NotebookUser } from "./notebook-user.ts";

export interface NotebookCluster {
  readonly cluster: LocalCluster;
  readonly user: NotebookUser;
  end(): Promise<void>;
}

/** Resolves when it is Ready; what cannot be made leaves nothing behind. */
export async function notebookCluster(options: LocalClusterOptions): Promise<NotebookCluster> {
  const cluster = await LocalCluster.create(options);
  try {
    cluster.startController();
    await cluster.untilReady({ timeoutMs: 300_000 });
    const user = new NotebookUser(await jupyterUrl(cluster));
    const end = async () => {
      await user.close();
      await cluster.destroy();
    };
    return { cluster, user, end };
  } catch (error) {
    await cluster.destroy();
    throw error;
  }
}
