/** JupyterLab's configuration and environment. Pure. */
import type { StartCommand, NodeConfig } from "../../../controller/model/agent-api.ts";
import { OOM_SCORE_ADJ, withOomScore } from "../system/oom-score.ts";
import type { User } from "../system/user.ts";

export interface JupyterFiles {
  readonly configFile: string;
  readonly cookieSecretFile: string;
}

/** Text of the config file. It holds the token: readable for the user alone, and never argv. */
export function jupyterConfig(
  config: NodeConfig,
  secrets: StartCommand["jupyter"],
  files: JupyterFiles,
): string {
  const { mountPath } = config.storage;
  return JSON.stringify({
    ServerApp: {
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
    // agent-image/rootfs: starts each kernel with the score of its environment.
    KernelProvisionerFactory: { default_provisioner_name: "jupyter-cluster" },
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

export function jupyterEnv(user: User): Record<string, string> {
  return {
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
