/** All controllers of a site, as one of them sees them. Pure. */
import type { ControllerEntry } from "../api/controller-status.ts";
import type { ActingController, ControllerRecord, SiteView } from "../store/state-backend.ts";

/**
 * The one that acts comes first.
 *
 * @param own term and since when, while this controller acts; null: it stands by
 * @param acting as the store tells it
 */
export function controllersOf(
  me: ControllerRecord,
  own: { readonly term: number; readonly since: string } | null,
  acting: ActingController | null,
  standingBy: readonly ControllerRecord[],
): readonly ControllerEntry[] {
  const standby = (record: ControllerRecord): ControllerEntry => {
    const self = record.id === me.id;
    return { ...record, role: "standby", since: null, term: null, self };
  };
  // Whether this process acts it knows better than the store.
  const other = acting === null || acting.id === me.id || own !== null ? null : acting;
  const first: readonly ControllerEntry[] =
    own !== null
      ? [{ ...me, role: "acting", ...own, self: true }]
      : other === null
        ? []
        : [{ ...other, role: "acting", self: false }];
  const rest = standingBy.filter(({ id }) => id !== other?.id && !(own !== null && id === me.id));
  const mine = own !== null || rest.some(({ id }) => id === me.id) ? [] : [me];
  return [...first, ...[...rest, ...mine].map(standby)];
}

/** For whoever asked a controller that stands by for something. */
export function whoActs(view: SiteView | null): string {
  const acting = view?.acting ?? null;
  if (acting === null) return "No controller acts at present.";
  const { hostname, pid, apiUrl } = acting;
  return `The controller on ${hostname} (process ${pid}) acts: ask it, --api ${apiUrl}.`;
}
