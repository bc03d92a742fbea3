/** Users of this machine by name. */
import { userInfo } from "node:os";

/** The name of who runs this process, or its number where the system has no name for it. */
export function thisUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry, as in some containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
