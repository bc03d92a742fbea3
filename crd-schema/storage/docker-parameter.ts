/** An option of `docker run`, as Mesos hands it on. */
export interface DockerParameter {
  readonly key: string;
  readonly value: string;
}
