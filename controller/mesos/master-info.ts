/** What Mesos's masters keep of themselves in ZooKeeper. Pure. */
import { isIP } from "node:net";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type HostPort, hostPortText } from "../support/host-port.ts";

/** The part of Mesos's `MasterInfo` (1.x) that says where the master is. */
interface MasterInfo {
  readonly address: { readonly ip: string; readonly port: number; readonly hostname?: string };
}

/** Mesos adds fields as it goes; those that are used here are what they must be. */
const MASTER_INFO_SCHEMA = {
  type: "object",
  required: ["address"],
  properties: {
    address: {
      type: "object",
      required: ["ip", "port"],
      properties: {
        ip: { type: "string", maxLength: 45 },
        port: { type: "integer", minimum: 1, maximum: 65_535 },
        // One that can stand in a URL without meaning anything else there.
        hostname: { type: "string", maxLength: 255, pattern: "^[A-Za-z0-9._:-]*$" },
      },
    },
  },
} as const;

/** Compiled when the first master is found: it takes longer than all else before a start. */
let compiled: ValidateFunction<MasterInfo> | null = null;

export type ParsedMasterInfo =
  /** By address and by name: where they differ, one of them may be reachable and not the other. */
  | { readonly ok: true; readonly byIp: HostPort; readonly byName: HostPort }
  | { readonly ok: false; readonly problem: string };

export function parseMasterInfo(content: Buffer): ParsedMasterInfo {
  let value: unknown;
  try {
    value = JSON.parse(content.toString("utf8"));
  } catch {
    return { ok: false, problem: "it is no JSON" };
  }
  compiled ??= new Ajv2020({ strict: true }).compile<MasterInfo>(MASTER_INFO_SCHEMA);
  if (!compiled(value)) {
    const [first] = compiled.errors ?? [];
    return { ok: false, problem: `${first?.instancePath || "it"} ${first?.message}` };
  }
  const { ip, port, hostname } = value.address;
  if (isIP(ip) === 0) return { ok: false, problem: "/address/ip is no IP address" };
  const byIp = { host: ip, port };
  return { ok: true, byIp, byName: hostname ? { host: hostname, port } : byIp };
}

/**
 * The candidates of the election are ephemeral, sequential nodes; the lowest leads. There are others
 * beside them: `log_replicas`, and `info_…` of masters before 1.0.
 *
 * @returns its name; null: no master takes part
 */
export function leadingEntry(names: readonly string[]): string | null {
  let lowest: { readonly name: string; readonly number: number } | null = null;
  for (const name of names) {
    const digits = /^json\.info_(\d{10})$/.exec(name)?.[1];
    if (digits === undefined) continue;
    const number = Number(digits);
    if (lowest === null || number < lowest.number) lowest = { name, number };
  }
  return lowest?.name ?? null;
}

/** Both where they differ: with TLS the name first, for certificates are made for names. */
export function placesOf(
  { byIp, byName }: Extract<ParsedMasterInfo, { ok: true }>,
  isTls: boolean,
): readonly HostPort[] {
  if (hostPortText(byIp) === hostPortText(byName)) return [byIp];
  return isTls ? [byName, byIp] : [byIp, byName];
}
