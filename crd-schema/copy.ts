/** A spec file's text for another cluster: its comments and all else of it stay. Pure. */
import { type Document, parseAllDocuments } from "yaml";

export interface CopyChanges {
  readonly name?: string;
  /** CIDR. */
  readonly subnet?: string;
  readonly proxyPort?: number;
}

/**
 * What derives from a name or a subnet is left to its default, so that it changes with them.
 *
 * @param text of one valid document
 * @returns null: there is not one document in it
 */
export function copyManifest(text: string, changes: CopyChanges): string | null {
  const [document, ...others] = parseAllDocuments(text) as Document[];
  if (document === undefined || others.length > 0) return null;
  const { name, subnet, proxyPort } = changes;
  if (name !== undefined) {
    document.setIn(["metadata", "name"], name);
    remove(document, ["spec", "network", "name"]);
    remove(document, ["spec", "storage", "shared", "volumeName"]);
  }
  if (subnet !== undefined) {
    document.setIn(["spec", "network", "subnet"], subnet);
    remove(document, ["spec", "network", "firstAddress"]);
  }
  if (proxyPort !== undefined) document.setIn(["spec", "proxy", "port"], proxyPort);
  return document.toString({ lineWidth: 0 });
}

function remove(document: Document, path: readonly string[]): void {
  if (document.hasIn(path)) document.deleteIn(path);
}
