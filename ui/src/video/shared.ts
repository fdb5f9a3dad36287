// Draws every stream on one WebGL canvas that lies under the tiles: three luminance textures per
// stream, one viewport per tile. Where WebGL is missing, `openShared` answers `null`.

import type { Frame, Stream } from '../host/host';
import { place, type Box, type Fit } from './fit';

export interface Tile {
  stream: Stream;
  /** In CSS pixels, from the canvas's top left corner. */
  box: Box;
  fit: Fit;
  mirrored: boolean;
  /** Corner radius in CSS pixels. */
  radius: number;
}

export interface SharedPainter {
  upload(frame: Frame): void;
  /** Frees what a stream that is gone took. */
  forget(stream: Stream): void;
  /** Draws all tiles, first to last, from the textures as they are. */
  paint(tiles: Tile[], width: number, height: number, ratio: number): void;
  lost(): boolean;
  close(): void;
}

const VERTEX = `
attribute vec2 corner;
uniform vec4 box;     // of the picture in the tile, 0..1, y down
uniform float mirror; // 1 or -1
varying vec2 texel;
varying vec2 inside;
void main() {
  inside = vec2(corner.x, 1.0 - corner.y);
  vec2 at = (inside - box.xy) / box.zw;
  texel = vec2(mirror < 0.0 ? 1.0 - at.x : at.x, at.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `
precision mediump float;
uniform sampler2D luma;
uniform sampler2D blue;
uniform sampler2D red;
uniform vec2 size;     // of the tile, pixels
uniform float radius;  // pixels
varying vec2 texel;
varying vec2 inside;
void main() {
  vec2 from = abs((inside - 0.5) * size) - size * 0.5 + radius;
  float edge = length(max(from, 0.0)) - radius;
  float cover = radius > 0.0 ? clamp(0.5 - edge, 0.0, 1.0) : 1.0;
  if (texel.x < 0.0 || texel.x > 1.0 || texel.y < 0.0 || texel.y > 1.0) {
    gl_FragColor = vec4(0.0, 0.0, 0.0, cover);
    return;
  }
  float y = 1.1644 * (texture2D(luma, texel).r - 0.0627);
  float u = texture2D(blue, texel).r - 0.5020;
  float v = texture2D(red, texel).r - 0.5020;
  vec3 colour = vec3(y + 1.5960 * v, y - 0.3918 * u - 0.8130 * v, y + 2.0172 * u);
  gl_FragColor = vec4(clamp(colour, 0.0, 1.0) * cover, cover);
}`;

interface Textures {
  planes: [WebGLTexture, WebGLTexture, WebGLTexture];
  width: number;
  height: number;
}

/** Prepares a canvas; `null` if this web view has no WebGL. */
export function openShared(canvas: HTMLCanvasElement): SharedPainter | null {
  const gl = canvas.getContext('webgl', { alpha: true, antialias: false, preserveDrawingBuffer: true });
  if (gl === null) return null;
  const program = build(gl);
  if (program === null) return null;
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, 'corner');
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const places = { box: uniform('box'), mirror: uniform('mirror'), size: uniform('size'), radius: uniform('radius') };
  ['luma', 'blue', 'red'].forEach((name, unit) => gl.uniform1i(uniform(name), unit));
  const streams = new Map<Stream, Textures>();

  return {
    upload(frame) {
      let textures = streams.get(frame.stream);
      if (textures === undefined) {
        textures = { planes: [texture(gl), texture(gl), texture(gl)], width: 0, height: 0 };
        streams.set(frame.stream, textures);
      }
      const fresh = textures.width !== frame.width || textures.height !== frame.height;
      textures.width = frame.width;
      textures.height = frame.height;
      const halfWidth = (frame.width + 1) >> 1;
      const halfHeight = (frame.height + 1) >> 1;
      const luma = frame.width * frame.height;
      const chroma = halfWidth * halfHeight;
      fill(gl, textures.planes[0], frame.width, frame.height, frame.planes.subarray(0, luma), fresh);
      fill(gl, textures.planes[1], halfWidth, halfHeight, frame.planes.subarray(luma, luma + chroma), fresh);
      fill(gl, textures.planes[2], halfWidth, halfHeight, frame.planes.subarray(luma + chroma, luma + 2 * chroma), fresh);
    },

    forget(stream) {
      streams.get(stream)?.planes.forEach((plane) => gl.deleteTexture(plane));
      streams.delete(stream);
    },

    paint(tiles, width, height, ratio) {
      const across = Math.max(1, Math.round(width * ratio));
      const down = Math.max(1, Math.round(height * ratio));
      if (canvas.width !== across) canvas.width = across;
      if (canvas.height !== down) canvas.height = down;
      gl.viewport(0, 0, across, down);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      for (const tile of tiles) {
        const textures = streams.get(tile.stream);
        if (textures === undefined || tile.box.width < 1 || tile.box.height < 1) continue;
        const picture = place(textures, tile.box, tile.fit);
        const { box } = tile;
        textures.planes.forEach((plane, unit) => {
          gl.activeTexture(gl.TEXTURE0 + unit);
          gl.bindTexture(gl.TEXTURE_2D, plane);
        });
        gl.viewport(
          Math.round(box.x * ratio),
          Math.round((height - box.y - box.height) * ratio),
          Math.round(box.width * ratio),
          Math.round(box.height * ratio),
        );
        gl.uniform4f(
          places.box,
          (picture.x - box.x) / box.width,
          (picture.y - box.y) / box.height,
          picture.width / box.width,
          picture.height / box.height,
        );
        gl.uniform1f(places.mirror, tile.mirrored ? -1 : 1);
        gl.uniform2f(places.size, box.width * ratio, box.height * ratio);
        gl.uniform1f(places.radius, tile.radius * ratio);
        gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      }
    },

    lost: () => gl.isContextLost(),

    close() {
      for (const textures of streams.values()) textures.planes.forEach((plane) => gl.deleteTexture(plane));
      streams.clear();
    },
  };
}

function build(gl: WebGLRenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) === true) return program;
  console.warn('video shader does not link', gl.getProgramInfoLog(program));
  return null;
}

function texture(gl: WebGLRenderingContext): WebGLTexture {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return made;
}

function fill(
  gl: WebGLRenderingContext,
  into: WebGLTexture,
  width: number,
  height: number,
  plane: Uint8Array,
  fresh: boolean,
): void {
  gl.bindTexture(gl.TEXTURE_2D, into);
  if (fresh) {
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.LUMINANCE, width, height, 0, gl.LUMINANCE, gl.UNSIGNED_BYTE, plane);
  } else {
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.LUMINANCE, gl.UNSIGNED_BYTE, plane);
  }
}
