import { type KubeObject, labelSelectorFromObject } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  defineIndex,
  defineWatch,
  type Lister,
  objectKey,
} from "@drydock/client";
import { jobs, pods, type V1Job, type V1Pod } from "@drydock/kube-api";
import { controllerIndex, controllerIndexValues, controllerOf } from "../../owners/controller-ref.ts";
import { JobPods } from "./job-pods.ts";
import { JobReconciler } from "./job-reconciler.ts";
import { finishedCondition, isManagedElsewhere, isTracked } from "./job-state.ts";

const ORPHAN_PREFIX = "pods/";
const jobIndex = "tracked-by-job";

/** Runs Jobs to their end. Its keys are Jobs and, as `pods/<namespace>/<name>`, pods that no Job counts any more. */
export function job(): ControllerDefinition {
  let keysFor: (pod: V1Pod) => readonly string[] = () => [];
  return defineController({
    name: "job-controller",
    primary: jobs,
    owns: [pods],
    watches: [defineWatch({ resource: pods, keysFor: (pod) => keysFor(pod) })],
    indexes: [
      defineIndex(pods, controllerIndex, controllerIndexValues),
      defineIndex(pods, jobIndex, (pod: V1Pod) => trackingJobKeys(pod)),
    ],
    create(context) {
      const owners = context.informers.informer(jobs).lister;
      keysFor = (pod) => [...orphanKeys(owners, pod), ...adopterKeys(owners, pod)];
      const recorder = context.recorderFor("job-controller");
      const jobPods = new JobPods(context, recorder);
      const reconciler = new JobReconciler(context, jobPods, recorder);
      return {
        async reconcile(key) {
          if (isOrphanKey(key)) return releaseOrphan(context, jobPods, key.slice(ORPHAN_PREFIX.length));
          const result = await reconciler.reconcile(key);
          await releaseAbandoned(context, jobPods, key);
          return result;
        },
      };
    },
  });
}

/** Names have no slash, so a namespace called `pods` does no harm. */
function isOrphanKey(key: string): boolean {
  return key.startsWith(ORPHAN_PREFIX) && key.split("/").length === 3;
}

function ownerJob(pod: KubeObject) {
  const owner = controllerOf(pod);
  return owner?.kind === jobs.kind && owner.apiVersion === "batch/v1" ? owner : undefined;
}

function trackingJobKeys(pod: V1Pod): string[] {
  const owner = ownerJob(pod);
  return owner && isTracked(pod) ? [`${pod.metadata.namespace}/${owner.name}`] : [];
}

/** A pod with our finalizer that no running Job will count: nobody else would let it go. */
function isAbandoned(owners: Lister<V1Job>, pod: V1Pod): boolean {
  if (!isTracked(pod)) return false;
  if (!controllerOf(pod)) return true;
  const owner = ownerJob(pod);
  if (!owner) return false;
  const found = owners.get(pod.metadata.namespace ?? "", owner.name);
  if (!found || found.metadata.uid !== owner.uid) return true;
  return !isManagedElsewhere(found) && finishedCondition(found) !== undefined;
}

function orphanKeys(owners: Lister<V1Job>, pod: V1Pod): string[] {
  return isAbandoned(owners, pod) ? [`${ORPHAN_PREFIX}${objectKey(pod)}`] : [];
}

/** A pod without owner concerns every Job that selects it. */
function adopterKeys(owners: Lister<V1Job>, pod: V1Pod): string[] {
  if (controllerOf(pod) || pod.metadata.deletionTimestamp) return [];
  return owners
    .list(pod.metadata.namespace)
    .filter(({ spec }) => labelSelectorFromObject(spec?.selector).matches(pod.metadata.labels))
    .map(objectKey);
}

async function releaseOrphan(context: ControllerContext, jobPods: JobPods, podKey: string): Promise<undefined> {
  const pod = context.informers.informer(pods).lister.getByKey(podKey);
  const owners = context.informers.informer(jobs).lister;
  if (pod && isAbandoned(owners, pod)) await jobPods.releaseOne(pod);
  return undefined;
}

/** When a Job has ended or gone, its pods' events may have come and gone too. */
async function releaseAbandoned({ informers }: ControllerContext, jobPods: JobPods, key: string): Promise<void> {
  const owners = informers.informer(jobs).lister;
  const left = informers.informer(pods).lister.byIndex(jobIndex, key);
  for (const pod of left) if (isAbandoned(owners, pod)) await jobPods.releaseOne(pod);
}
