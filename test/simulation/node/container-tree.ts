/** What is in a container's own layer when it starts, as far as the agent looks at it. */
import { AUTHORIZED_KEYS_DIR, HOSTS_FILE } from "../../../agent-image/agent/paths.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { slotHostname } from "../../../controller/model/ids.ts";
import { Tree } from "./tree.ts";

export function containerTree({ ssh, storage, cluster, slot, ip }: NodeConfig): Tree {
  const { mountPath } = storage;
  const tree = new Tree(["/etc/ssh", "/run", "/proc/self", AUTHORIZED_KEYS_DIR, mountPath]);
  const files = {
    "/etc/passwd": [
      "root:x:0:0:root:/root:/bin/bash",
      "etcd:x:100:100::/var/lib/etcd:/usr/sbin/nologin",
      `${ssh.user}:x:1000:1000::/home/${ssh.user}:/bin/bash`,
    ],
    "/etc/bash.bashrc": [""],
    "/proc/self/mountinfo": [`31 30 8:1 /vol ${mountPath} rw - ext4 /dev/sda1 rw`],
    [HOSTS_FILE]: ["127.0.0.1\tlocalhost", `${ip}\t${slotHostname(cluster, slot)}`],
  };
  for (const [path, lines] of Object.entries(files)) {
    tree.write(path, Buffer.from(`${lines.join("\n")}\n`), 0);
  }
  return tree;
}
