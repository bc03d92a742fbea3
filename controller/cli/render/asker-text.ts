/** Who asked for an operation, told for a person. */
import type { AskedVia, Asker } from "../../model/operation.ts";

const VIA: Readonly<Record<AskedVia, string>> = {
  CommandLine: "command line",
  Page: "page",
  Kubectl: "kubectl",
  API: "API",
  Schedule: "schedule",
  Controller: "controller",
};

export function askerText({ via, user }: Asker): string {
  return user ?? VIA[via];
}
