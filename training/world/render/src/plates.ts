import { Box3, Group, Vector3, type Object3D } from 'three';
import { CELL, PIXELS, SCALE } from './geometry';
import { loadModel, makeMatt } from './models';
import { paintShapes, type Drink, type Prop } from './placeShapes';
import type { Place } from './places';
import { canvas2d, Stage } from './stage';

/** Entry of one layout, as written to plates.json. */
export interface PlateEntry {
  readonly file: string;
  readonly footRow: number;
  readonly passRow?: number;
  readonly drink?: Drink;
}

export interface Plates {
  readonly layouts: PlateEntry[];
  readonly plates: { readonly file: string; readonly canvas: HTMLCanvasElement }[];
}

let stage: Stage | undefined;

/** Renders the background plates of a place, one per layout. */
export async function renderPlace(place: Place): Promise<Plates> {
  // The origin is the bottom left corner; scenery is seen level, since it stands far away.
  stage ??= new Stage({ x: 0, y: PIXELS }, 0);
  const result: Plates = { layouts: [], plates: [] };
  for (const [index, layout] of place.layouts.entries()) {
    const { canvas, context } = canvas2d(CELL, CELL);
    context.save();
    context.scale(SCALE, SCALE);
    paintShapes(context, layout.shapes, PIXELS);
    context.restore();
    const scenery = await buildScenery(layout.props, place.colours);
    context.drawImage(stage.draw(scenery), 0, 0, CELL, CELL);
    const file = `${place.id}/${index}.png`;
    const { footRow, passRow, drink } = layout;
    result.plates.push({ file, canvas });
    result.layouts.push({
      file,
      footRow,
      ...(passRow === undefined ? {} : { passRow }),
      ...(drink === undefined ? {} : { drink }),
    });
  }
  return result;
}

async function buildScenery(
  props: readonly Prop[],
  colours: Readonly<Record<string, string>>,
): Promise<Object3D> {
  const group = new Group();
  for (const prop of props) {
    const { object } = await loadModel(prop.file);
    makeMatt(object, colours);
    object.rotation.y = ((prop.turn ?? 0) * Math.PI) / 180;
    const holder = new Group();
    holder.add(object);
    const size = new Box3().setFromObject(holder, true).getSize(new Vector3());
    holder.scale.setScalar(prop.height / size.y);
    const box = new Box3().setFromObject(holder, true);
    const centre = box.getCenter(new Vector3());
    // Nearer scenery hides what is farther away; the factor keeps crowns apart in depth.
    const depth = (prop.y - PIXELS) * 4;
    holder.position.set(prop.x - centre.x, PIXELS - prop.y - box.min.y, depth - centre.z);
    group.add(holder);
  }
  return group;
}
