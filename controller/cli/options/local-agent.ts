/** `--agent hostname=…,cpus=…,mem=…,disk=…,attributes=rack:r1;zone:z1` of the embedded master. */
import { InvalidArgumentError } from "commander";
import { mebibytes } from "../../../crd-schema/values/quantities.ts";
import type { LocalAgentOptions } from "../../mesos-local/options.ts";

const KEYS = ["hostname", "cpus", "mem", "disk", "attributes"] as const;
const DISK_MIB = 10 * 1024;

/** Collects repeated options: commander hands in what was read before. */
export function agentOption(
  text: string,
  before: readonly LocalAgentOptions[] | undefined,
): readonly LocalAgentOptions[] {
  const fields = fieldsOf(text);
  const hostname = fields.get("hostname");
  const cpus = Number(fields.get("cpus"));
  if (hostname === undefined) throw new InvalidArgumentError("hostname=… is missing.");
  if (before?.some((agent) => agent.hostname === hostname)) {
    throw new InvalidArgumentError(`There is an agent ${hostname} already.`);
  }
  if (!(cpus > 0 && cpus <= 1024)) throw new InvalidArgumentError("cpus=… wants cores, e.g. 4.");
  const agent: LocalAgentOptions = {
    hostname,
    cpus,
    memMiB: mebibytesOf("mem", fields.get("mem")),
    diskMiB: fields.has("disk") ? mebibytesOf("disk", fields.get("disk")) : DISK_MIB,
    attributes: attributesOf(fields.get("attributes") ?? ""),
  };
  return [...(before ?? []), agent];
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(",")) {
    const [key, value = ""] = splitOnce(part, "=");
    if (!KEYS.some((known) => known === key) || value === "" || fields.has(key)) {
      throw new InvalidArgumentError(`${part} is not one of ${KEYS.join("=…, ")}=…, each once.`);
    }
    fields.set(key, value);
  }
  return fields;
}

/** MiB as a plain number, as Mesos has it, or a number with a unit as in the spec. */
function mebibytesOf(key: string, text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  if (text !== undefined && /^\d{1,9}(\.\d{1,6})?(Ki|Mi|Gi|Ti|k|M|G|T)$/.test(text)) {
    return mebibytes(text);
  }
  throw new InvalidArgumentError(`${key}=… wants MiB, or a number with a unit, e.g. 4Gi.`);
}

function attributesOf(text: string): Record<string, string> {
  const pairs = text === "" ? [] : text.split(";").map((pair) => splitOnce(pair, ":"));
  for (const [name, value] of pairs) {
    if (name === "" || value === undefined || value === "") {
      throw new InvalidArgumentError("attributes=… wants NAME:VALUE;NAME:VALUE….");
    }
  }
  return Object.fromEntries(pairs.map(([name, value]) => [name, value ?? ""]));
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
