/** What is mounted where, as the kernel tells it without asking any file system. Pure. */

export const MOUNT_TABLE_FILE = "/proc/self/mountinfo";

export interface MountEntry {
  /** The directory of the file system that is shown; `/`: all of it. */
  readonly root: string;
  readonly point: string;
  /** `ext4`, `fuse.glusterfs`, … */
  readonly fsType: string;
  readonly source: string;
}

/**
 * @param mountinfo text of /proc/self/mountinfo (proc(5))
 * @returns what is mounted at the path, the lowest first: the last one is what is seen
 */
export function mountsAt(mountinfo: string, path: string): readonly MountEntry[] {
  const wanted = path.length > 1 ? path.replace(/\/+$/, "") : path;
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ", 2);
    const [, , , root = "", point = ""] = before.split(" ");
    const [fsType = "", source = ""] = after.split(" ");
    if (unescaped(point) !== wanted) return [];
    return [{ root: unescaped(root), point: wanted, fsType, source: unescaped(source) }];
  });
}

export function isMountPoint(mountinfo: string, path: string): boolean {
  return mountsAt(mountinfo, path).length > 0;
}

/** File systems of which a directory is given to a container as well as all of it. */
const SHARED_TYPES = /^(fuse(\..+)?|nfs4?|ceph|cifs|smb3|9p|afs|beegfs|lustre|gfs2|ocfs2|gpfs)$/;

/**
 * Whether what Docker has bound there was mounted on the host, and is not just a directory on a disk of
 * the host's: such a one is bound with its path on that disk.
 */
export function isOwnFileSystem({ root, fsType }: MountEntry): boolean {
  return root === "/" || SHARED_TYPES.test(fsType);
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
