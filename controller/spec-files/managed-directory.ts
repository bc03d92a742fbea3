/** Spec files that the API writes on this host: told from a person's by their place. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClusterRef } from "../model/ids.ts";
import { codeOf } from "../support/files/durable-file.ts";
import {
  managedFile,
  readOwners,
  removeManagedFile,
  saveManagedFile,
} from "../support/files/managed-files.ts";
import type { ManagedPlace, ManagedReading } from "./managed-place.ts";
import { isManifestName, specDigest } from "./spec-digest.ts";

export class ManagedDirectory implements ManagedPlace {
  /** @param directory is made when the first file is written */
  constructor(private readonly directory: string) {}

  fileOf(ref: ClusterRef): string {
    return managedFile(this.directory, ref);
  }

  owns(file: string): boolean {
    return dirname(file) === this.directory;
  }

  async read(): Promise<ManagedReading | null> {
    try {
      const names = (await readdir(this.directory)).filter(isManifestName);
      const paths = names.toSorted().map((name) => join(this.directory, name));
      return { paths, texts: new Map() };
    } catch (error) {
      return codeOf(error) === "ENOENT" ? { paths: [], texts: new Map() } : null;
    }
  }

  digest(): Promise<string> {
    return specDigest(this.directory);
  }

  owners(ref: ClusterRef): Promise<readonly unknown[]> {
    return readOwners(this.directory, ref);
  }

  save(ref: ClusterRef, text: string, owners: readonly unknown[]): Promise<void> {
    return saveManagedFile(this.directory, ref, { text, owners });
  }

  remove(ref: ClusterRef): Promise<void> {
    return removeManagedFile(this.directory, ref);
  }
}
