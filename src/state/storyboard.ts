/** The storyboard of a clip, for the page. */
import type { ModelManifest, StoryboardStage } from '../shared/manifest';

/**
 * @param opening the id that opens each frame, by clip slot.
 * @returns the stage that each frame is to show; undefined for ids that the package does not name,
 *   such as those of a prompt that states no action.
 */
export function namedStages(
  opening: readonly number[],
  manifest: Pick<ModelManifest, 'storyboard'> | null,
): (StoryboardStage | undefined)[] {
  const { stages = [], idsPerStage = 1 } = manifest?.storyboard ?? {};
  return opening.map((id) => stages.find((stage) => id >= stage.id && id < stage.id + idsPerStage));
}
