/** What SSH on a real node has to do besides reaching the others. */
import type { AgentNode } from "./agent-node.ts";

/** Who answers, by every name that the node may call itself; and what has to come. */
export async function sshToItself(node: AgentNode): Promise<readonly [string[], string[]]> {
  const said = await node.exec(["sh", "-c", "hostname; hostname -f; hostname -s; hostname -i"]);
  const six = await node.exec(["sh", "-c", "grep -c '^0*1 ' /proc/net/if_inet6 || true"]);
  const loopback = ["localhost", "127.0.0.1", ...(six.trim() === "1" ? ["::1"] : [])];
  const names = [...new Set([...said.trim().split(/\s+/), ...loopback])];
  const self = (await node.exec(["cat", "/etc/hostname"])).trim();
  const answers: string[] = [];
  for (const name of names) {
    const answer = await node.exec(["ssh", name, "whoami; cat /etc/hostname"], "admin");
    answers.push(`${name} -> ${answer.trim().split("\n").join(" ")}`);
  }
  return [answers, names.map((name) => `${name} -> admin ${self}`)];
}

/**
 * So many sessions on one connection and as many connections, all open at a time.
 *
 * @returns what they say, as `count line`
 */
export async function manySessions(from: AgentNode, to: string, count: number): Promise<string> {
  const many = (options: string) =>
    `for i in $(seq ${count}); do ssh ${options} ${to} "echo in; cat" < /tmp/gate & done`;
  const shared = "-o ControlPath=/tmp/mux-%C";
  const script = [
    "rm -f /tmp/gate && mkfifo /tmp/gate",
    `ssh -M -N -f ${shared} ${to}`,
    `{ ${many(shared)}; ${many("")}; wait; } > /tmp/answers 2>&1 &`,
    // Nobody's input ends before all have said that they are in.
    "exec 3> /tmp/gate",
    `for i in $(seq 400); do [ $(grep -c . /tmp/answers) -ge ${2 * count} ] && break; sleep 0.1; done`,
    "exec 3>&-; wait",
    `ssh -O exit ${shared} ${to} 2> /dev/null`,
    "sort /tmp/answers | uniq -c",
  ].join("\n");
  const answers = await from.exec(["bash", "-c", script], "admin");
  return answers.trim().replaceAll(/[^\S\n]+/g, " ");
}
