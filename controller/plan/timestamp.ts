/**
 * RFC 3339 in UTC with milliseconds, from and to milliseconds since the epoch. The one place in
 * plan/ that names `Date`: only to convert a time that was given, never to ask for one.
 */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function epochMs(text: string): number {
  return Date.parse(text);
}
