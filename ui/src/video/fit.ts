// Where a picture goes inside its tile. Pure arithmetic.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Fit = 'cover' | 'contain';

/** More than this share of a picture is never cut away to fill a tile. */
const MOST_CUT = 0.3;

/** Fills the tile unless that would cut too much off, or the picture is a shared screen. */
export function fitFor(frame: { width: number; height: number }, tile: { width: number; height: number }, sharing: boolean): Fit {
  if (sharing || frame.width === 0 || frame.height === 0 || tile.width === 0 || tile.height === 0) return 'contain';
  const ratio = frame.width / frame.height / (tile.width / tile.height);
  const kept = Math.min(ratio, 1 / ratio);
  return 1 - kept <= MOST_CUT ? 'cover' : 'contain';
}

/** The box a picture covers, in the tile's coordinates; larger than the tile for `cover`. */
export function place(frame: { width: number; height: number }, tile: Box, fit: Fit): Box {
  const across = tile.width / frame.width;
  const down = tile.height / frame.height;
  const scale = fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const width = frame.width * scale;
  const height = frame.height * scale;
  return { x: tile.x + (tile.width - width) / 2, y: tile.y + (tile.height - height) / 2, width, height };
}
