import type { V1DownwardAPIVolumeFile, V1Volume } from "@drydock/kube-api";
import { setClaimSpecDefaults } from "../core/claim-defaults.ts";
import { pullPolicyOf } from "./pull-policy.ts";

const FILE_MODE = 0o644;
const TOKEN_SECONDS = 3600;

export function setVolumeDefaults(volume: V1Volume): void {
  if (Object.keys(volume).every((field) => field === "name")) volume.emptyDir = {};
  for (const files of [volume.configMap, volume.secret, volume.downwardAPI, volume.projected])
    if (files) files.defaultMode ??= FILE_MODE;
  setDownwardDefaults(volume.downwardAPI?.items);
  for (const { serviceAccountToken, downwardAPI } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    setDownwardDefaults(downwardAPI?.items);
  }
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.image) volume.image.pullPolicy ||= pullPolicyOf(volume.image.reference ?? "");
  if (volume.ephemeral?.volumeClaimTemplate?.spec) setClaimSpecDefaults(volume.ephemeral.volumeClaimTemplate.spec);
  setNetworkDefaults(volume);
}

function setDownwardDefaults(items: readonly V1DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef) fieldRef.apiVersion ??= "v1";
    if (resourceFieldRef) resourceFieldRef.divisor ??= "0";
  }
}

/** Of storage that is reached over the network. */
function setNetworkDefaults({ iscsi, rbd, azureDisk, scaleIO }: V1Volume): void {
  if (iscsi) iscsi.iscsiInterface ||= "default";
  if (rbd) {
    rbd.pool ||= "rbd";
    rbd.user ||= "admin";
    rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}
