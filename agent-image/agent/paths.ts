/** Every place in the container's file system that the agent writes to. */
import { DATA_MOUNT } from "../../controller/model/agent-api.ts";

export const ETCD_DIR = `${DATA_MOUNT}/etcd`;
export const IDENTITY_FILE = `${DATA_MOUNT}/identity.json`;
/** Of etcd, which bbolt makes. */
export const DATABASE_FILE = `${ETCD_DIR}/member/snap/db`;
/** Room that is kept for etcd. */
export const RESERVE_FILE = `${DATA_MOUNT}/reserve`;
/** What the slot's last container proved itself with, for one that resumes before it is told. */
export const KEPT_TLS_FILE = `${DATA_MOUNT}/tls.json`;
/** The snapshot that was handed over for a restore. */
export const RESTORE_DIR = `${DATA_MOUNT}/restore`;
/** The snapshot that is being taken. */
export const SNAPSHOT_SCRATCH_DIR = `${DATA_MOUNT}/snapshot`;
/** The slot's SSH keys live beside its data: they outlive the container, as its address does. */
export const SSH_KEY_DIR = `${DATA_MOUNT}/ssh`;
export const HOST_KEY_FILE = `${SSH_KEY_DIR}/host_ed25519`;
export const USER_KEY_FILE = `${SSH_KEY_DIR}/user_ed25519`;

export const RUN_DIR = "/run/jupyter-cluster";
export const NAME_FILE = `${RUN_DIR}/name`;
export const JUPYTER_RUN_DIR = `${RUN_DIR}/jupyter`;
/** Of each kernel a directory: connection file, control socket. */
export const KERNEL_RUN_DIR = `${RUN_DIR}/kernel`;
/** What its cells have said and memory has no room for; on the node's own disk. */
export const KERNEL_SPILL_DIR = "/var/tmp/jupyter-cluster";
/** Where it is missing, kernels are JupyterLab's own. */
export const KEEPER_FILE = "/usr/lib/python3/dist-packages/jupyter_cluster/keeper/__main__.py";
export const KERNELS_SOCKET = `${RUN_DIR}/kernels.sock`;
/** Where a file system is mounted until it answers. */
export const MOUNT_STAGE_DIR = `${RUN_DIR}/mount`;
/** Beside the data, so that what a container has said before its end is there for the next one. */
export const LOG_DIR = `${DATA_MOUNT}/logs`;
export const PREVIOUS_LOG_DIR = `${LOG_DIR}/previous`;

export const HOSTS_FILE = "/etc/hosts";
export const SSHD_CONFIG_FILE = `${RUN_DIR}/sshd_config`;
export const SSH_CONFIG_FILE = "/etc/ssh/ssh_config.d/10-jupyter-cluster.conf";
export const KNOWN_HOSTS_FILE = "/etc/ssh/ssh_known_hosts";
/**
 * Not in the user's home: root must not write where the user could put a link. The user's own
 * `~/.ssh/authorized_keys` counts beside it.
 */
export const AUTHORIZED_KEYS_DIR = "/etc/ssh/authorized_keys.d";
export const BASHRC_FILE = "/etc/bash.bashrc";
