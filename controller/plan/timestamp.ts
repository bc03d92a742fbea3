/**
 * RFC 3339 in UTC with milliseconds, from milliseconds since the epoch. The one place in plan/
 * that names `Date`: only to format a time that was given, never to ask for one.
 */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
