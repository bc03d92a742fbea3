import { StatusError } from "../status-error.ts";
import { resourceName } from "./kind.ts";

/** In Kubernetes' own words, which people know from kubectl. */
export function notFound(
  kind: { readonly group: string; readonly plural: string },
  name: string,
): StatusError {
  const message = `${resourceName(kind)} "${name}" not found`;
  return new StatusError("NotFound", message, {
    details: { name, group: kind.group, kind: kind.plural },
  });
}
