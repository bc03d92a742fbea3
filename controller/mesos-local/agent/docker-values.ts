/** The values of `docker run` options, read as the Docker CLI reads them. Pure. */

/** A value that `docker run` would refuse; the message is shown in the task's status. */
export class InvalidValue extends Error {
  override readonly name = "InvalidValue";
}

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `64m`, `1g`, `1024`: bytes. */
export function bytes(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt])?(?:i?b)?$/i.exec(value.trim());
  if (match === null) throw new InvalidValue(`invalid size: '${value}'`);
  const unit = (match[2] ?? "b").toLowerCase();
  const factor = unit === "t" ? 2 ** 40 : (UNITS[unit] as number);
  return Math.floor(Number(match[1]) * factor);
}

export function integer(value: string): number {
  if (!/^-?\d+$/.test(value)) throw new InvalidValue(`invalid integer: '${value}'`);
  return Number(value);
}

/** `--cpus 1.5` in Docker's billionths of a CPU. */
export function nanoCpus(value: string): number {
  const cpus = Number(value);
  if (!(cpus >= 0) || value.trim() === "") throw new InvalidValue(`invalid cpus: '${value}'`);
  return Math.round(cpus * 1e9);
}

/** A flag: `--init`, `--init=true`, `--init=false`. */
export function flag(value: string): boolean {
  if (["", "1", "t", "true"].includes(value.toLowerCase())) return true;
  if (["0", "f", "false"].includes(value.toLowerCase())) return false;
  throw new InvalidValue(`invalid boolean: '${value}'`);
}

/** `key=value`, or `key` alone with an empty value. */
export function keyValue(text: string): [string, string] {
  const at = text.indexOf("=");
  const key = at < 0 ? text : text.slice(0, at);
  if (key.trim() === "") throw new InvalidValue(`invalid key=value: '${text}'`);
  return [key, at < 0 ? "" : text.slice(at + 1)];
}

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

/** `nofile=1024:2048` or `nofile=1024`. */
export function ulimit(value: string): Ulimit {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value);
  if (match === null) throw new InvalidValue(`invalid ulimit argument: ${value}`);
  const soft = Number(match[2]);
  return { Name: match[1] as string, Soft: soft, Hard: Number(match[3] ?? soft) };
}

export interface Device {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** `/dev/fuse`, `/dev/a:/dev/b`, `/dev/a:/dev/b:r`, `/dev/a:rw`. */
export function device(value: string): Device {
  const [host, second, third] = value.split(":");
  if (host === undefined || !host.startsWith("/")) {
    throw new InvalidValue(`invalid device specification: ${value}`);
  }
  const isMode = second !== undefined && /^[rwm]+$/.test(second);
  return {
    PathOnHost: host,
    PathInContainer: second === undefined || isMode ? host : second,
    CgroupPermissions: third ?? (isMode ? second : "rwm"),
  };
}

/** `/path:size=64m,mode=1777` as a path and its options. */
export function tmpfs(value: string): [string, string] {
  const at = value.indexOf(":");
  return at < 0 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)];
}

export interface Mount {
  Type: string;
  Target: string;
  Source?: string;
  ReadOnly?: boolean;
  BindOptions?: { Propagation: string };
  VolumeOptions?: { NoCopy: boolean };
  TmpfsOptions?: { SizeBytes: number };
}

const MOUNT_TYPES = ["bind", "volume", "tmpfs"];

/** `type=volume,source=data,target=/data,readonly`. */
export function mount(value: string): Mount {
  const result: Mount = { Type: "volume", Target: "" };
  for (const part of value.split(",")) {
    const [key, text] = keyValue(part);
    switch (key.toLowerCase()) {
      case "type":
        if (!MOUNT_TYPES.includes(text)) throw new InvalidValue(`invalid mount type: '${text}'`);
        result.Type = text;
        break;
      case "source":
      case "src":
        result.Source = text;
        break;
      case "target":
      case "dst":
      case "destination":
        result.Target = text;
        break;
      case "readonly":
      case "ro":
        result.ReadOnly = flag(text);
        break;
      case "bind-propagation":
        result.BindOptions = { Propagation: text };
        break;
      case "volume-nocopy":
        result.VolumeOptions = { NoCopy: flag(text) };
        break;
      case "tmpfs-size":
        result.TmpfsOptions = { SizeBytes: bytes(text) };
        break;
      default:
        throw new InvalidValue(`unexpected key '${key}' in '${value}'`);
    }
  }
  if (result.Target === "") throw new InvalidValue(`target is required in mount '${value}'`);
  return result;
}
