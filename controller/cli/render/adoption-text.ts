/** What an adoption takes over, told for a person. */
import { renderTable } from "./table.ts";
import { describeOwner, type Holding, ownersOf } from "../../model/holdings.ts";

const KINDS: Readonly<Record<Holding["kind"], string>> = {
  data: "volume (etcd)",
  shared: "volume (shared files)",
  network: "network",
};

export function foreignTable(holdings: readonly Holding[]): string {
  const rows = holdings.map(({ kind, name, owner }) => [KINDS[kind], name, describeOwner(owner)]);
  return renderTable(["WHAT", "NAME", "BELONGS TO"], rows);
}

/** What an adoption does, before it is agreed to. */
export function adoptionWarning(name: string, holdings: readonly Holding[]): string {
  const old = ownersOf(holdings).includes(null);
  return (
    `${name} goes on with these, and with the data in them. Whoever they belong to must have ended ` +
    "for good: the other controller would use them too, and does not learn of this.\n" +
    (old ? "etcd of early 0.1.0 knows no TLS: the spec needs `etcd: {tls: false}`.\n" : "")
  );
}
