import { type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { persistentVolumeClaims, persistentVolumes, pods, volumeAttributesClasses } from "@drydock/kube-api";
import {
  ATTRIBUTES_CLASS_FINALIZER,
  attributesClassesOf,
  CLAIM_FINALIZER,
  claimsOf,
  isAttributesClassInUse,
  isClaimInUse,
  isVolumeInUse,
  releasedFinalizers,
  VOLUME_FINALIZER,
} from "./in-use.ts";

/** Lets a claim go that is being deleted, once no pod uses it. */
export function claimProtection(): ControllerDefinition {
  return defineController({
    name: "persistentvolumeclaim-protection-controller",
    primary: persistentVolumeClaims,
    watches: [
      defineWatch({
        resource: pods,
        keysFor: (pod) => claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`),
      }),
    ],
    create({ client, informers }) {
      const claims = informers.informer(persistentVolumeClaims).lister;
      const podLister = informers.informer(pods).lister;
      return {
        async reconcile(key) {
          const claim = claims.getByKey(key);
          if (!claim?.metadata.deletionTimestamp) return undefined;
          if (isClaimInUse(claim, [...podLister.list()])) return undefined;
          const finalizers = releasedFinalizers(claim.metadata, CLAIM_FINALIZER, false);
          if (!finalizers) return undefined;
          // The cache may not have heard of the newest pod yet, and what is let go of does not come back.
          const { items } = await client.list(pods, { namespace: claim.metadata.namespace ?? "" });
          if (isClaimInUse(claim, items)) return undefined;
          await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, finalizers } });
          return undefined;
        },
      };
    },
  });
}

/** Lets a volume go that is being deleted, once no claim is bound to it. */
export function volumeProtection(): ControllerDefinition {
  return defineController({
    name: "persistentvolume-protection-controller",
    primary: persistentVolumes,
    create({ client, informers }) {
      const volumes = informers.informer(persistentVolumes).lister;
      return {
        async reconcile(key) {
          const volume = volumes.getByKey(key);
          const finalizers = volume && releasedFinalizers(volume.metadata, VOLUME_FINALIZER, isVolumeInUse(volume));
          if (finalizers)
            await client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, finalizers } });
          return undefined;
        },
      };
    },
  });
}

/** Lets an attributes class go that is being deleted, once no claim and no volume names it. */
export function attributesClassProtection(): ControllerDefinition {
  return defineController({
    name: "volumeattributesclass-protection-controller",
    primary: volumeAttributesClasses,
    watches: [
      defineWatch({ resource: persistentVolumeClaims, keysFor: attributesClassesOf }),
      defineWatch({
        resource: persistentVolumes,
        keysFor: ({ spec }) => (spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []),
      }),
    ],
    create({ client, informers }) {
      const classes = informers.informer(volumeAttributesClasses).lister;
      const claims = informers.informer(persistentVolumeClaims).lister;
      const volumes = informers.informer(persistentVolumes).lister;
      return {
        async reconcile(key) {
          const found = classes.getByKey(key);
          if (!found?.metadata.deletionTimestamp) return undefined;
          const isInUse = isAttributesClassInUse(key, claims.list(), volumes.list());
          const finalizers = releasedFinalizers(found.metadata, ATTRIBUTES_CLASS_FINALIZER, isInUse);
          if (finalizers)
            await client.update(volumeAttributesClasses, { ...found, metadata: { ...found.metadata, finalizers } });
          return undefined;
        },
      };
    },
  });
}
