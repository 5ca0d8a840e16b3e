import { MAX_SCORE, type ScorePlugin } from "../framework/types.ts";

const MEBIBYTE = 1024 * 1024;
const MIN_BYTES = 23 * MEBIBYTE;
const MAX_BYTES_PER_CONTAINER = 1000 * MEBIBYTE;
const SPREAD = "image-locality/spread";

/** Prefers nodes that have the pod's images, weighed by how many nodes do, so that one popular node does not get everything. */
export const imageLocality = {
  name: "ImageLocality",
  preScore(pod, _nodes, snapshot, state) {
    const spread = new Map<string, number>();
    for (const image of imagesOf(pod))
      spread.set(
        image,
        snapshot.nodes.filter((node) => node.imageSizes.has(image)).length / Math.max(1, snapshot.nodes.length),
      );
    state.set(SPREAD, spread);
  },
  score(pod, node, state) {
    const spread = state.get(SPREAD) as ReadonlyMap<string, number>;
    const images = imagesOf(pod);
    const bytes = images.reduce((sum, image) => sum + (node.imageSizes.get(image) ?? 0) * (spread.get(image) ?? 0), 0);
    const max = MAX_BYTES_PER_CONTAINER * Math.max(1, images.length);
    return ((Math.min(Math.max(bytes, MIN_BYTES), max) - MIN_BYTES) * MAX_SCORE) / (max - MIN_BYTES);
  },
} satisfies ScorePlugin;

function imagesOf({ spec }: Parameters<ScorePlugin["score"]>[0]): string[] {
  return (spec?.containers ?? []).map(({ image = "" }) => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`));
}
