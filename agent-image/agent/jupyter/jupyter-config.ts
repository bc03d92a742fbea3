/** JupyterLab's configuration and environment. Pure. */
import type { StartCommand, NodeConfig } from "../../../controller/model/agent-api.ts";
import { OOM_SCORE_ADJ, withOomScore } from "../system/oom-score.ts";
import type { User } from "../system/user.ts";

export interface JupyterFiles {
  readonly configFile: string;
  readonly cookieSecretFile: string;
  /** The agent's socket for Jupyter; null: kernels are Jupyter's own and end with it. */
  readonly kernelsSocket: string | null;
}

/** agent-image/rootfs: starts each kernel with the score of its environment. */
const OWN_KERNELS = {
  ServerApp: {},
  MappingKernelManager: {},
  KernelProvisionerFactory: { default_provisioner_name: "jupyter-cluster" },
};

/** agent-image/rootfs: kernels that the agents start, and that the next leader's Jupyter adopts. */
const CLUSTERS_KERNELS = {
  ServerApp: {
    jpserver_extensions: { "jupyter_cluster.extension": true },
    contents_manager_class: "jupyter_cluster.notebooks.ClusterContentsManager",
    session_manager_class: "jupyter_cluster.sessions.ClusterSessionManager",
    kernel_websocket_connection_class: "jupyter_cluster.connection.KernelConnection",
  },
  KernelProvisionerFactory: { default_provisioner_name: "jupyter-cluster-kernels" },
  // What was said while no page was there is with the kernel's keeper.
  MappingKernelManager: { buffer_offline_messages: false },
};

/** How often it is looked for what is idle: a tenth of the wait, in seconds. */
const CULL_EVERY = { least: 1, most: 300 };

function endingIdle(idle: NodeConfig["jupyter"]["idle"], kernelManager: object) {
  const every = (seconds: number) =>
    Math.min(CULL_EVERY.most, Math.max(CULL_EVERY.least, Math.round(seconds / 10)));
  const { kernelsAfterSeconds: kernels = 0, terminalsAfterSeconds: terminals = 0 } = idle ?? {};
  const culling = {
    cull_idle_timeout: kernels,
    cull_interval: every(kernels),
    cull_connected: true,
  };
  return {
    MappingKernelManager: kernels === 0 ? kernelManager : { ...kernelManager, ...culling },
    TerminalManager:
      terminals === 0 ? {} : { cull_inactive_timeout: terminals, cull_interval: every(terminals) },
  };
}

/** Text of the config file. It holds the token: readable for the user alone, and never argv. */
export function jupyterConfig(
  config: NodeConfig,
  secrets: StartCommand["jupyter"],
  files: JupyterFiles,
): string {
  const { mountPath } = config.storage;
  const kernels = files.kernelsSocket === null ? OWN_KERNELS : CLUSTERS_KERNELS;
  return JSON.stringify({
    ...kernels,
    ...endingIdle(config.jupyter.idle, kernels.MappingKernelManager),
    ServerApp: {
      ...kernels.ServerApp,
      ip: "0.0.0.0",
      port: config.jupyter.port,
      port_retries: 0,
      open_browser: false,
      root_dir: mountPath,
      cookie_secret_file: files.cookieSecretFile,
      // Requests come through the proxy under its own host name. Their origin is still compared
      // with their Host header, which the proxy passes on.
      allow_remote_access: true,
      trust_xheaders: true,
      quit_button: false,
      log_level: "WARN",
      // Seconds, for tornado's own handlers (events, extensions). Kernels and terminals ping by
      // jupyter_server's WebSocketMixin, every 30 s unless told otherwise.
      websocket_ping_interval: 30,
      terminado_settings: {
        shell_command: [...withOomScore(OOM_SCORE_ADJ.kernels), "/bin/bash"],
      },
    },
    IdentityProvider: { token: config.jupyter.auth === "none" ? "" : secrets.token },
    PasswordIdentityProvider: { allow_password_change: false },
    LabApp: {
      // Nothing calls outside: no news, no update checks, no extension index.
      news_url: null,
      check_for_updates_class: "jupyterlab.NeverCheckForUpdate",
      extension_manager: "readonly",
      // Shared, so that after a failover the page finds the same layout and settings.
      workspaces_dir: `${mountPath}/.jupyter/lab/workspaces`,
      user_settings_dir: `${mountPath}/.jupyter/lab/user-settings`,
    },
  });
}

/**
 * What Jupyter and IPython lock or keep in SQLite (signatures of notebooks, history, the running
 * kernels' connections): databases on a network file system hang for minutes. The usual places, so that
 * a login finds the same; a mount path in one of them is refused (crd-schema/checks/storage.ts).
 */
function nodesOwn({ home }: User): Record<string, string> {
  return {
    JUPYTER_CONFIG_DIR: `${home}/.jupyter`,
    JUPYTER_DATA_DIR: `${home}/.local/share/jupyter`,
    JUPYTER_RUNTIME_DIR: `${home}/.local/share/jupyter/runtime`,
    IPYTHONDIR: `${home}/.ipython`,
  };
}

export function jupyterEnv(user: User, kernelsSocket: string | null): Record<string, string> {
  return {
    ...(kernelsSocket === null ? {} : { JUPYTER_CLUSTER_KERNELS_SOCKET: kernelsSocket }),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: "/bin/bash",
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
    LANG: "C.UTF-8",
    ...nodesOwn(user),
    JUPYTER_CLUSTER_KERNEL_OOM_SCORE_ADJ: String(OOM_SCORE_ADJ.kernels),
    // Debugging a kernel's start-up costs a second and is asked for by nobody here.
    PYDEVD_DISABLE_FILE_VALIDATION: "1",
  };
}
