// I420 to RGBA on the processor: BT.601, limited range. For machines where WebGL is slower.

/* eslint-disable @typescript-eslint/no-non-null-assertion -- the size is checked once, not for each pixel */

import { i420Size } from '../host/frames';

// 8-bit fixed point: 1.164, 1.596, 0.391, 0.813, 2.018.
const LUMA = new Int32Array(256);
const RED_V = new Int32Array(256);
const GREEN_U = new Int32Array(256);
const GREEN_V = new Int32Array(256);
const BLUE_U = new Int32Array(256);
for (let i = 0; i < 256; i += 1) {
  LUMA[i] = 298 * (i - 16) + 128;
  RED_V[i] = 409 * (i - 128);
  GREEN_U[i] = -100 * (i - 128);
  GREEN_V[i] = -208 * (i - 128);
  BLUE_U[i] = 516 * (i - 128);
}

/** Fills `out` (4 bytes per pixel, opaque) from tightly packed planes. False if sizes do not fit. */
export function toRgba(planes: Uint8Array, width: number, height: number, out: Uint8ClampedArray): boolean {
  if (planes.length < i420Size(width, height) || out.length < width * height * 4) return false;
  const half = (width + 1) >> 1;
  const uStart = width * height;
  const vStart = uStart + half * ((height + 1) >> 1);
  let at = 0;
  let yAt = 0;
  for (let row = 0; row < height; row += 1) {
    const chromaRow = (row >> 1) * half;
    for (let column = 0; column < width; column += 1) {
      const chroma = chromaRow + (column >> 1);
      const u = planes[uStart + chroma]!;
      const v = planes[vStart + chroma]!;
      const luma = LUMA[planes[yAt]!]!;
      // The clamped array does the clamping.
      out[at] = (luma + RED_V[v]!) >> 8;
      out[at + 1] = (luma + GREEN_U[u]! + GREEN_V[v]!) >> 8;
      out[at + 2] = (luma + BLUE_U[u]!) >> 8;
      out[at + 3] = 255;
      at += 4;
      yAt += 1;
    }
  }
  return true;
}
