/** What belongs to this node among everything the Docker daemon runs. */
export interface DockerScope {
  /** First part of every container name; `k8s` as dockershim had it. */
  readonly namePrefix: string;
  /** Put on every container, and what lists are filtered by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly sandboxImage: string;
  /** The node's own container, whose network host-network pods join. */
  readonly selfContainer: string;
}
