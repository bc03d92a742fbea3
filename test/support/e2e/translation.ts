/** Addresses are translated between the nodes, as by a rule of a host's firewall. Needs root. */
import Docker from "dockerode";
import { ETCD_PEER_PORT } from "../../../controller/model/ids.ts";
import type { NodeStatus } from "../../../controller/model/resource.ts";
import { runCommand } from "./run-command.ts";

const COMMAND_MS = 10_000;

/**
 * What the node's container says to its peers' etcd comes from another address of its subnet.
 *
 * @param address that nobody has
 * @returns ends it, for connections that begin from then on
 */
export async function translate(node: NodeStatus, address: string): Promise<() => Promise<void>> {
  const { State } = await new Docker().getContainer(node.container ?? "").inspect();
  const inside = async (...command: readonly string[]) => {
    const args = ["--target", String(State.Pid), "--net", ...command];
    const { code, stderr } = await runCommand("nsenter", args, { timeoutMs: COMMAND_MS });
    if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  };
  const rule = ["-p", "tcp", "--dport", String(ETCD_PEER_PORT), "-j", "SNAT", "--to", address];
  await inside("ip", "address", "add", `${address}/24`, "dev", "eth0");
  await inside("iptables", "-w", "-t", "nat", "-A", "POSTROUTING", ...rule);
  return async () => {
    await inside("iptables", "-w", "-t", "nat", "-D", "POSTROUTING", ...rule);
    await inside("ip", "address", "delete", `${address}/24`, "dev", "eth0");
  };
}
