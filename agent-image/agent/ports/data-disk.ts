/** The disk that the slot's data is on. */
export interface DataDisk {
  /** Null: it does not answer. */
  space(): Promise<DiskSpace | null>;
  /** How much of the disk a file takes, whatever it holds; null: there is no such file. */
  takenBy(
    path: string,
  ): Promise<{ readonly takenBytes: number; readonly sizeBytes: number } | null>;
  /**
   * Blocks for this many bytes from the file's beginning; what it holds, and its length, stay.
   *
   * @throws Error when there is no such file or no room, or the file system knows of no such thing
   */
  reserve(path: string, bytes: number): Promise<void>;
  /**
   * A file of this many bytes that holds nothing and has all its blocks.
   *
   * @throws Error as above
   */
  make(path: string, bytes: number): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface DiskSpace {
  /** To those who are not root. */
  readonly availableBytes: number;
  readonly sizeBytes: number;
}
