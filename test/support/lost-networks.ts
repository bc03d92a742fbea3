/**
 * What a Docker Engine that was ended hard leaves in this machine's firewall of a network that it then forgot:
 * the rule that gives everything from its subnet the address of a bridge that is no more. The next network of
 * that subnet has its members' addresses translated among themselves, and no etcd forms there.
 */
import { existsSync } from "node:fs";
import { isNotThere } from "../../agent-image/agent/ports/files.ts";
import { type CommandResult, runCommand } from "./e2e/run-command.ts";

/** Those of the tests' networks. */
const RULE = /^-A POSTROUTING (-s 172\.31\.\d+\.\d+\/\d+ ! -o (br-[0-9a-f]{12}) -j MASQUERADE)$/;
const COMMAND_MS = 10_000;

/**
 * @param rules as `iptables -S` lists them
 * @returns of each rule of a lost network the arguments that name it
 */
export function lostTranslations(
  rules: string,
  hasLink: (name: string) => boolean,
): readonly (readonly string[])[] {
  return rules.split("\n").flatMap((line) => {
    const [, rule, bridge] = RULE.exec(line) ?? [];
    return rule === undefined || bridge === undefined || hasLink(bridge) ? [] : [rule.split(" ")];
  });
}

/** @throws Error when the firewall can be read and a rule cannot be removed */
export async function removeLostTranslations(): Promise<void> {
  const listed = await readRules();
  const hasLink = (name: string) => existsSync(`/sys/class/net/${name}`);
  for (const rule of lostTranslations(listed, hasLink)) {
    const { code, stderr } = await iptables("-D", "POSTROUTING", ...rule);
    if (code !== 0) throw new Error(`iptables -t nat -D POSTROUTING ${rule.join(" ")}: ${stderr}`);
  }
}

/** Nothing for whoever may not read it, or has none: nothing of it is his, then. */
async function readRules(): Promise<string> {
  try {
    const { code, stdout } = await iptables("-S", "POSTROUTING");
    return code === 0 ? stdout : "";
  } catch (error) {
    if (isNotThere(error)) return "";
    throw error;
  }
}

function iptables(...args: readonly string[]): Promise<CommandResult> {
  return runCommand("iptables", ["-w", "-t", "nat", ...args], { timeoutMs: COMMAND_MS });
}
