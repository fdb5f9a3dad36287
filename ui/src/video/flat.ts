// Draws one stream on its own 2D canvas, sized to the frame and scaled by CSS. No GPU needed.

import type { Frame } from '../host/host';
import { toRgba } from './i420';

export class FlatPainter {
  #canvas: HTMLCanvasElement;
  #context: CanvasRenderingContext2D | null;
  #image: ImageData | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false, desynchronized: true });
  }

  draw(frame: Frame): void {
    if (this.#context === null) return;
    if (this.#image === null || this.#image.width !== frame.width || this.#image.height !== frame.height) {
      this.#canvas.width = frame.width;
      this.#canvas.height = frame.height;
      this.#image = this.#context.createImageData(frame.width, frame.height);
    }
    if (toRgba(frame.planes, frame.width, frame.height, this.#image.data)) {
      this.#context.putImageData(this.#image, 0, 0);
    }
  }
}
