/** Who asks, as far as a request says it: whoever is heard here has the control token, or a session of the page. */
import type { IncomingMessage } from "node:http";
import type { Asker } from "../model/operation.ts";

/** As our own command line names itself (cli/client/user-agent.ts). */
const OWN = /^jupyter-cluster\/\S{1,32}(?: \(([\w.@-]{1,128})\))?$/;

export function askerOf({ headers }: Pick<IncomingMessage, "headers">): Asker {
  if (headers.authorization === undefined) return { via: "Page", user: null };
  const agent = headers["user-agent"] ?? "";
  const own = OWN.exec(agent);
  if (own !== null) return { via: "CommandLine", user: own[1] ?? null };
  return { via: agent.startsWith("kubectl/") ? "Kubectl" : "API", user: null };
}
