/** A unit file of systemd for a controller (systemd.service(5), systemd.exec(5)). */
import { EXIT } from "../exit-codes.ts";

export interface UnitFacts {
  /** Node, then the program and what it is told. */
  readonly command: readonly string[];
  /** Of a person's own manager; else the machine's. */
  readonly isOfUser: boolean;
}

export function systemdUnit({ command, isOfUser }: UnitFacts): string {
  const after = isOfUser ? [] : ["After=network-online.target docker.service"];
  const wants = isOfUser ? [] : ["Wants=network-online.target"];
  return [
    "[Unit]",
    "Description=jupyter-cluster controller",
    ...after,
    ...wants,
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${command.map(quoted).join(" ")}`,
    "# Containers run on without it, and the next one finds them again.",
    "KillMode=mixed",
    "TimeoutStopSec=30",
    "Restart=always",
    "RestartSec=2",
    "# Wrong usage, and a framework that Mesos has removed: a person has to look.",
    `RestartPreventExitStatus=${EXIT.USAGE} ${EXIT.FRAMEWORK_REMOVED}`,
    "UMask=0077",
    "NoNewPrivileges=yes",
    "",
    "[Install]",
    `WantedBy=${isOfUser ? "default.target" : "multi-user.target"}`,
    "",
  ].join("\n");
}

/** As systemd reads it: no expansion of `$` and `%`, no end of a word at a blank. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[A-Za-z0-9_./:=@,+%$-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
