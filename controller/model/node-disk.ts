/** The disk that a slot's data is on, which others may share; told when it becomes full, and when it is not any more. */
export interface NodeDisk {
  /** So little is left that etcd lives on what is set aside for it. */
  readonly full: boolean;
  /** When that became so. */
  readonly availableBytes: number;
  readonly sizeBytes: number;
}
