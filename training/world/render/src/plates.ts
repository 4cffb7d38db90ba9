import { Box3, Group, Vector3, type Object3D } from 'three';
import { CELL, PIXELS, SCALE } from './geometry';
import { loadModel, makeMatt } from './models';
import { layoutsOf } from './places';
import { paintShapes, type Drink, type Foreground, type Place, type Prop } from './places/layout';
import { canvas2d, Stage } from './stage';

/** Entry of one layout, as written to plates.json. */
export interface PlateEntry {
  readonly file: string;
  readonly footRow: number;
  readonly passRow?: number;
  readonly waterRow?: number;
  readonly drink?: Drink;
  /** Transparent picture of what stands in front of subjects whose feet are above `frontRow`. */
  readonly front?: string;
  readonly frontRow?: number;
  /** Column behind which the foreground hides a subject. */
  readonly hide?: { readonly x: number };
}

export interface Plates {
  readonly layouts: PlateEntry[];
  readonly plates: { readonly file: string; readonly canvas: HTMLCanvasElement }[];
}

type Colours = Readonly<Record<string, string>>;

let stage: Stage | undefined;
/** Models are used again and again; each use draws a copy. */
const models = new Map<string, Promise<Object3D>>();

/** Renders the first `count` background plates of a place, one per layout. */
export async function renderPlace(place: Place, count: number): Promise<Plates> {
  const result: Plates = { layouts: [], plates: [] };
  for (const [index, layout] of layoutsOf(place, count).entries()) {
    const { canvas, context } = canvas2d(CELL, CELL);
    context.save();
    context.scale(SCALE, SCALE);
    paintShapes(context, layout.shapes, PIXELS);
    context.restore();
    await drawScenery(context, layout.props, place.colours);
    const file = `${place.id}/${index}.png`;
    const { footRow, passRow, waterRow, drink } = layout;
    result.plates.push({ file, canvas });
    const front = await renderFront(`${place.id}/${index}.front.png`, layout.front, place.colours);
    if (front !== undefined) result.plates.push(front.plate);
    result.layouts.push({
      file,
      footRow,
      ...(passRow === undefined ? {} : { passRow }),
      ...(waterRow === undefined ? {} : { waterRow }),
      ...(drink === undefined ? {} : { drink }),
      ...front?.entry,
    });
  }
  return result;
}

async function renderFront(
  file: string,
  front: Foreground | undefined,
  colours: Colours,
): Promise<
  | {
      plate: Plates['plates'][number];
      entry: Required<Pick<PlateEntry, 'front' | 'frontRow' | 'hide'>>;
    }
  | undefined
> {
  if (front === undefined) return undefined;
  const { canvas, context } = canvas2d(CELL, CELL);
  await drawScenery(context, front.props, colours);
  return {
    plate: { file, canvas },
    entry: { front: file, frontRow: front.row, hide: { x: front.hideX } },
  };
}

async function drawScenery(
  context: CanvasRenderingContext2D,
  props: readonly Prop[],
  colours: Colours,
): Promise<void> {
  // The origin is the bottom left corner; scenery is seen level, since it stands far away.
  stage ??= new Stage({ x: 0, y: PIXELS }, 0);
  const scenery = await buildScenery(props, colours);
  context.drawImage(stage.draw(scenery), 0, 0, CELL, CELL);
}

async function copyOf(file: string): Promise<Object3D> {
  let model = models.get(file);
  if (model === undefined) {
    model = loadModel(file).then(({ object }) => object);
    models.set(file, model);
  }
  return (await model).clone();
}

async function buildScenery(props: readonly Prop[], colours: Colours): Promise<Object3D> {
  const group = new Group();
  for (const prop of props) {
    const object = await copyOf(prop.file);
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
