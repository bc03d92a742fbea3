/**
 * File systems that a node mounts within itself: what its agent is told, and what the container needs
 * for it. Pure.
 */
import type { DockerParameter } from "./docker-parameter.ts";

export type NodeMount =
  | {
      readonly type: "glusterfs";
      readonly servers: readonly string[];
      readonly volume: string;
      readonly options: readonly string[];
    }
  | {
      readonly type: "nfs";
      readonly server: string;
      readonly path: string;
      readonly options: readonly string[];
    };

/**
 * mount(2) needs SYS_ADMIN, and AppArmor's profile for containers (docker-default) forbids it whatever
 * the capabilities are. An engine without AppArmor takes the option for nothing.
 */
const MOUNTING: readonly DockerParameter[] = [
  { key: "cap-add", value: "SYS_ADMIN" },
  { key: "security-opt", value: "apparmor=unconfined" },
];

export const KERNEL_MOUNT_PARAMETERS = MOUNTING;
export const FUSE_PARAMETERS: readonly DockerParameter[] = [
  { key: "device", value: "/dev/fuse" },
  ...MOUNTING,
];

/** A name or an IPv4 address: nothing that a program could take for an option or another field. */
export const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** What a mount option may have after `=`; null: it has no value. */
export type OptionRules = Readonly<Record<string, RegExp | null>>;

export const NUMBER = /^\d{1,9}$/;

export function hostProblem(host: string): string | null {
  if (HOST.test(host)) return null;
  return `${found(host)}; allowed: a host name or an IPv4 address, such as storage1.example.org.`;
}

/** Of the list; the first that is of no use is told. */
export function optionsProblem(options: readonly string[], rules: OptionRules): string | null {
  const names = options.map((option) => option.split("=", 1)[0] ?? "");
  for (const [i, option] of options.entries()) {
    const name = names[i] ?? "";
    if (!isAllowed(option, name, rules)) {
      return `${found(option)}; allowed: ${Object.entries(rules).map(shown).join(", ")}.`;
    }
    if (names.indexOf(name) < i) return `${found(option)}, after another ${name}; allowed: one.`;
  }
  return null;
}

function isAllowed(option: string, name: string, rules: OptionRules): boolean {
  if (!Object.hasOwn(rules, name)) return false;
  const rule = rules[name] ?? null;
  return rule === null ? option === name : rule.test(option.slice(name.length + 1));
}

function shown([name, rule]: readonly [string, RegExp | null]): string {
  if (rule === null) return name;
  if (rule === NUMBER) return `${name}=<number>`;
  return `${name}=${rule.source.replace(/^\^\(?|\)?\$$/g, "")}`;
}

function found(text: string): string {
  return `Found the text ${JSON.stringify(text)}`;
}
