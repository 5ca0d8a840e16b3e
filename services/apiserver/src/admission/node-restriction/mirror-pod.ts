import type { V1Container, V1Node, V1Pod } from "@drydock/kube-api";

const MIRROR = "kubernetes.io/config.mirror";

/** Why a node may not create this pod; undefined when it is the mirror of one that the node runs of its own. */
export function mirrorPodProblem(node: string, pod: V1Pod, stored: V1Node | undefined): string | undefined {
  const name = JSON.stringify(node);
  if (pod.metadata.annotations?.[MIRROR] === undefined)
    return `pod does not have "${MIRROR}" annotation, node ${name} can only create mirror pods`;
  if (pod.spec?.nodeName !== node) return `node ${name} can only create pods with spec.nodeName set to itself`;
  return ownerProblem(node, pod, stored) ?? referenceProblem(node, pod);
}

function ownerProblem(node: string, { metadata }: V1Pod, stored: V1Node | undefined): string | undefined {
  const name = JSON.stringify(node);
  const [owner, ...more] = metadata.ownerReferences ?? [];
  if (more.length > 0) return `node ${name} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)
    return `node ${name} can only create pods with an owner reference set to itself`;
  if (!owner.controller) return `node ${name} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion) return `node ${name} must not set blockOwnerDeletion on an owner reference`;
  if (owner.uid !== stored?.metadata.uid)
    return `node ${node} UID mismatch: expected ${owner.uid} got ${stored?.metadata.uid ?? ""}`;
  return undefined;
}

/** A node could read what its pods refer to. */
function referenceProblem(node: string, { spec }: V1Pod): string | undefined {
  const volumes = spec?.volumes ?? [];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const containers: V1Container[] = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const env = containers.flatMap((container) => container.env ?? []);
  const envFrom = containers.flatMap((container) => container.envFrom ?? []);
  const hasSecret =
    (spec?.imagePullSecrets ?? []).length > 0 ||
    volumes.some((volume) => volume.secret || secretOfDriver(volume)) ||
    sources.some(({ secret }) => secret) ||
    env.some(({ valueFrom }) => valueFrom?.secretKeyRef) ||
    envFrom.some(({ secretRef }) => secretRef);
  const hasConfigMap =
    volumes.some(({ configMap }) => configMap) ||
    sources.some(({ configMap }) => configMap) ||
    env.some(({ valueFrom }) => valueFrom?.configMapKeyRef) ||
    envFrom.some(({ configMapRef }) => configMapRef);
  const found = [
    spec?.serviceAccountName ? "a service account" : "",
    hasSecret ? "secrets" : "",
    hasConfigMap ? "configmaps" : "",
    sources.some(({ clusterTrustBundle }) => clusterTrustBundle) ? "clustertrustbundles" : "",
    volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim) ? "persistentvolumeclaims" : "",
    (spec?.resourceClaims ?? []).length > 0 ? "resourceclaims" : "",
  ].find((what) => what !== "");
  return found && `node ${JSON.stringify(node)} can not create pods that reference ${found}`;
}

type Volume = NonNullable<NonNullable<V1Pod["spec"]>["volumes"]>[number];

function secretOfDriver(volume: Volume): boolean {
  const { azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi } = volume;
  return Boolean(
    azureFile?.secretName ??
      cephfs?.secretRef ??
      cinder?.secretRef ??
      flexVolume?.secretRef ??
      rbd?.secretRef ??
      scaleIO?.secretRef ??
      iscsi?.secretRef ??
      storageos?.secretRef ??
      csi?.nodePublishSecretRef,
  );
}
