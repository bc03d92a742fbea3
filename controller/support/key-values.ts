/**
 * Values of etcd's keys, checked: whoever can write there writes into files that decide who comes in and what a name
 * means, and must not bring more than what belongs there. Of the agents and the controller alike. Pure.
 */
import type { KernelSession, KernelSpec, KernelStatus } from "../model/kernels.ts";
import type { DesiredSlots, HostsTable, MemberRecord, NamedSlot } from "../model/naming.ts";
import { Checker, CheckError } from "./checker.ts";

const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
const SLOT_MAX = 65_535;
/** A dotted quad, as everything of ours writes one. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const HEX_ID = /^[0-9a-f]{1,16}$/;
/** 32 bytes, as ZeroMQ writes a key of CURVE (rfc.zeromq.org/spec/32). */
export const Z85_KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;
/** One line without control characters. */
const LINE = /^[^\p{Cc}]{0,1000}$/u;

/**
 * Version of `desired`, `hosts`, `members/…`, `kernels/…` and `kernel-sessions/…`: the lowest that suffices to read one. Those of 0.1.0 say none. A reader
 * that knows less takes a record for none of ours, which leaves in force what was last known.
 */
const RECORD_VERSION = 1;

type KernelValue = KernelSpec | KernelStatus | KernelSession;

/** The text of a value, with its version. */
export function writeValue(value: DesiredSlots | HostsTable | MemberRecord | KernelValue): string {
  return JSON.stringify({ version: RECORD_VERSION, ...value });
}

/** @throws CheckError */
export function desiredOf(root: Checker): DesiredSlots {
  const generation = root.integer("generation", 0, NUMBER_MAX);
  const slots = root.objects("slots").map(slotOf);
  if (slots.length === 0) throw new CheckError("value has no slot, which no cluster is without");
  requireDistinct(slots.map(({ slot }) => slot));
  return { generation, slots };
}

/** @throws CheckError, also when two have one name, or a name is left out: it is written anew */
export function hostsOf(root: Checker): HostsTable {
  const clusterId = root.string("clusterId", HEX_ID);
  const term = root.integer("term", 0, NUMBER_MAX);
  const leaderSlot = root.integer("leaderSlot", 0, SLOT_MAX);
  const entries = root.objects("names");
  const names = entries.map((entry): NamedSlot => {
    const { slot, ip } = slotOf(entry);
    return { slot, ip, index: entry.integer("index", 0, entries.length - 1) };
  });
  requireDistinct(names.map(({ slot }) => slot));
  requireDistinct(names.map(({ index }) => index));
  return { clusterId, term, leaderSlot, names };
}

/** Null: the value is none of what `read` reads, or of a version that is not known here. */
export function readValue<T>(text: string, read: (root: Checker) => T): T | null {
  try {
    const root = new Checker(JSON.parse(text), "value");
    root.optionalInteger("version", 1, RECORD_VERSION);
    return read(root);
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Its fields stand in the order in which an agent writes them. @throws CheckError */
export function memberOf(root: Checker): MemberRecord {
  const { slot, ip } = slotOf(root);
  const taskId = root.string("taskId", LINE);
  const memberId = root.string("memberId", HEX_ID);
  const ssh = root.object("ssh");
  const user = ssh.string("user", LINE);
  const keys = { userKey: ssh.string("userKey", LINE), hostKey: ssh.string("hostKey", LINE) };
  return { slot, ip, taskId, memberId, ssh: { user, ...keys }, ...kernelsOf(root) };
}

function kernelsOf(root: Checker): Pick<MemberRecord, "kernels"> {
  if (root.holds("kernels", (v) => v === undefined)) return {};
  return { kernels: { clientKey: root.object("kernels").string("clientKey", Z85_KEY) } };
}

function slotOf(checker: Checker): { readonly slot: number; readonly ip: string } {
  return { slot: checker.integer("slot", 0, SLOT_MAX), ip: checker.string("ip", IPV4) };
}

function requireDistinct(numbers: readonly number[]): void {
  if (new Set(numbers).size !== numbers.length) throw new CheckError("value names one twice");
}
