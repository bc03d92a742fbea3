/** Interfaces, routes and packet filters of this network namespace. */
import { writeFile } from "node:fs/promises";
import { runCommand } from "../e2e/run-command.ts";

const COMMAND_MS_MAX = 20_000;
/** The one gateway that all containers have, on every host. */
export const GATEWAY = "169.254.1.1";
/** Of all host ends of containers' links, as Calico has it. */
const PREFIX = "cali";

/** @throws Error with what the program said */
export async function run(file: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(file, args, { timeoutMs: COMMAND_MS_MAX });
  if (code !== 0) throw new Error(`${file} ${args.join(" ")}: ${stderr.trim()}`);
  return stdout;
}

/** The end of an endpoint's link on the host; at most 15 characters. */
export function hostEnd(endpointId: string): string {
  return `${PREFIX}${endpointId.slice(0, 11)}`;
}

/** @returns the other end, which Docker moves into the container */
export async function addLink(endpointId: string): Promise<string> {
  const near = hostEnd(endpointId);
  const far = `temp${endpointId.slice(0, 11)}`;
  await run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
  // Calico has its hosts answer for the gateway by proxy ARP, which needs a default route.
  await run("ip", "address", "add", `${GATEWAY}/32`, "dev", near, "scope", "link");
  await run("ip", "link", "set", near, "up");
  return far;
}

export async function removeLink(endpointId: string): Promise<void> {
  const near = hostEnd(endpointId);
  const links = await run("ip", "-brief", "link", "show");
  if (links.includes(`${near}@`)) await run("ip", "link", "delete", near);
}

export async function routeTo(address: string, ...way: readonly string[]): Promise<void> {
  await run("ip", "route", "replace", `${address}/32`, ...way);
}

export async function removeRoute(address: string): Promise<void> {
  const known = await run("ip", "route", "show", `${address}/32`);
  if (known.trim() !== "") await run("ip", "route", "delete", `${address}/32`);
}

/** Docker drops what is forwarded and not its own; Calico lets its own through first. */
export async function letThrough(): Promise<void> {
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
  for (const rule of RULES) await run("iptables", "--wait", "-I", "FORWARD", ...rule);
}

export async function letThroughNoMore(): Promise<void> {
  for (const rule of RULES) await run("iptables", "--wait", "-D", "FORWARD", ...rule);
}

const RULES = ["-i", "-o"].map((way) => [way, `${PREFIX}+`, "-j", "ACCEPT"]);
