/** What only the nodes of one cluster, its controller and its users may know. */
import { randomBytes } from "node:crypto";
import type { ClusterSecrets } from "../model/memory.ts";
import { newKey } from "./certificate.ts";

export function newSecrets(): ClusterSecrets {
  const secret = () => randomBytes(32).toString("base64url");
  return {
    agentToken: secret(),
    jupyterToken: secret(),
    cookieSecret: secret(),
    authorityKey: newKey(),
  };
}
