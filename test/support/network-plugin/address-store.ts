/**
 * What all hosts of a site know together, as Calico's datastore: which address is given, and on which host
 * it is. A directory that all of them see; a file that is made exclusively decides between two.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export class AddressStore {
  constructor(private readonly dir: string) {}

  async open(): Promise<void> {
    await mkdir(join(this.dir, "addresses"), { recursive: true });
    await mkdir(join(this.dir, "routes"), { recursive: true });
  }

  /** @returns false: it is given already */
  async take(address: string, host: string): Promise<boolean> {
    try {
      await writeFile(join(this.dir, "addresses", address), host, { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }

  async release(address: string): Promise<void> {
    await rm(join(this.dir, "addresses", address), { force: true });
  }

  /** Addresses that are given. */
  taken(): Promise<string[]> {
    return readdir(join(this.dir, "addresses"));
  }

  /** The address is behind this host from now on. It stays so when the host dies. */
  async announce(address: string, hostAddress: string): Promise<void> {
    await writeFile(join(this.dir, "routes", address), hostAddress);
  }

  async withdraw(address: string): Promise<void> {
    await rm(join(this.dir, "routes", address), { force: true });
  }

  /** Addresses, and the hosts behind which they are. */
  async routes(): Promise<ReadonlyMap<string, string>> {
    const routes = new Map<string, string>();
    for (const address of await readdir(join(this.dir, "routes"))) {
      const host = await readFile(join(this.dir, "routes", address), "utf8").catch(() => "");
      if (host !== "") routes.set(address, host);
    }
    return routes;
  }
}
