/** How many bytes all together may keep. */
export class ByteBudget {
  private used = 0;

  constructor(private readonly bytesMax: number) {}

  /** False: there is no room. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.bytesMax) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
