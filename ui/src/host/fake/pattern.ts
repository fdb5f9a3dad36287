// Moving pictures made up on the spot: somebody in front of a wall, as I420 planes.

import { i420Size } from '../frames';
import { SELF, streamOf, type Stream } from '../host';

interface Colours {
  wall: [number, number, number];
  skin: [number, number, number];
  cloth: [number, number, number];
  hair: [number, number, number];
}

const REMOTE: Colours = { wall: [150, 118, 134], skin: [142, 108, 152], cloth: [96, 146, 108], hair: [44, 124, 132] };
const OWN: Colours = { wall: [118, 140, 118], skin: [178, 110, 146], cloth: [150, 98, 160], hair: [78, 116, 138] };
/** Of further people. */
const OTHERS: Colours[] = [
  { wall: [92, 134, 122], skin: [186, 108, 148], cloth: [70, 120, 150], hair: [110, 108, 150] },
  { wall: [176, 122, 130], skin: [110, 112, 150], cloth: [196, 118, 134], hair: [36, 126, 130] },
  { wall: [84, 120, 140], skin: [166, 108, 150], cloth: [120, 150, 110], hair: [60, 120, 138] },
  { wall: [140, 132, 112], skin: [124, 110, 152], cloth: [60, 132, 128], hair: [30, 128, 128] },
  { wall: [104, 146, 118], skin: [190, 110, 144], cloth: [172, 104, 152], hair: [150, 98, 146] },
  { wall: [160, 108, 142], skin: [132, 110, 152], cloth: [84, 138, 118], hair: [48, 124, 134] },
];

function looksOf(stream: Stream): Colours {
  if (stream === SELF) return OWN;
  const at = stream - streamOf(1);
  return at <= 0 ? REMOTE : (OTHERS[(at - 1) % OTHERS.length] ?? REMOTE);
}

/** Fills one picture; `time` in seconds moves the person and the bar at the bottom. */
export function pattern(stream: Stream, width: number, height: number, time: number): Uint8Array {
  const colours = looksOf(stream);
  // People do not sway in step.
  time += stream;
  const planes = new Uint8Array(i420Size(width, height));
  const half = (width + 1) >> 1;
  const uStart = width * height;
  const vStart = uStart + half * ((height + 1) >> 1);
  const middle = width / 2 + Math.sin(time * 0.9) * width * 0.02;
  const head = height * 0.4 + Math.sin(time * 1.7) * height * 0.008;
  const bar = ((time * 0.12) % 1) * width;

  const colourAt = (x: number, y: number): [number, number, number] => {
    const across = x - middle;
    if (inside(across, y - head, height * 0.15, height * 0.2)) return colours.skin;
    if (inside(across, y - head + height * 0.05, height * 0.18, height * 0.21)) return colours.hair;
    if (Math.abs(across) < height * 0.06 && y > head && y < height * 0.75) return colours.skin;
    if (inside(across, y - height * 1.02, height * 0.42, height * 0.36)) return colours.cloth;
    if (y > height * 0.985 && Math.abs(x - bar) < width * 0.06) return [200, 80, 160];
    return colours.wall;
  };

  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [luma, u, v] = colourAt(x, y);
      const light = 1 - 0.25 * (y / height) - 0.12 * Math.abs(x / width - 0.3);
      planes[y * width + x] = luma * light;
      if ((x & 1) === 0 && (y & 1) === 0) {
        const at = (y >> 1) * half + (x >> 1);
        planes[uStart + at] = u;
        planes[vStart + at] = v;
      }
    }
  }
  return planes;
}

function inside(x: number, y: number, across: number, down: number): boolean {
  return (x / across) ** 2 + (y / down) ** 2 < 1;
}
