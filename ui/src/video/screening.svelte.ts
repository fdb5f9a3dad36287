// Takes frames from the host, draws the newest of each stream once per display refresh and says so
// to the host. While the window cannot be seen it asks for none and draws none. Knows tiles by their
// elements; knows nothing of calls.

import { SvelteMap } from 'svelte/reactivity';

import type { FramesAddress } from '../generated/bindings';
import { SELF, type Frame, type Host, type Pictures, type Stop, type Stream } from '../host/host';
import { onScreen, whileOnScreen } from '../model/visibility';
import { fitFor, type Fit } from './fit';
import { FlatPainter } from './flat';
import { openShared, type SharedPainter, type Tile } from './shared';

/** A place where a stream is shown; read anew for every picture, since tiles move. */
export interface Place {
  element: HTMLElement;
  /** Its own canvas, used where there is no shared one. */
  canvas: HTMLCanvasElement;
  mirrored: () => boolean;
  sharing: () => boolean;
  shown: () => boolean;
  /** Of its corners, in CSS pixels. */
  radius: () => number;
}

/** A picture that stands still longer than this is called frozen. */
const FROZEN_MS = 3000;

export class Screening {
  /** Size of the newest picture of each stream that is shown; none before its first one. */
  readonly sizes = new SvelteMap<Stream, { width: number; height: number }>();
  /** Streams of others whose picture has stood still for seconds. */
  readonly frozen = new SvelteMap<Stream, boolean>();
  /** True where one shared canvas is drawn on instead of one per tile. */
  shared = $state(false);

  #host: Host;
  #canvas: HTMLCanvasElement;
  #painter: SharedPainter | null = null;
  #flat = new Map<Stream, FlatPainter>();
  #places = new Map<Stream, Place>();
  /** Without a place for now. */
  #hidden = new Set<Stream>();
  #waiting = new Map<Stream, { frame: Frame; drawn: () => void }>();
  /** When the newest picture of each stream came. */
  #newest = new Map<Stream, number>();
  #request = 0;
  #pictures: Pictures | null = null;
  #closed = false;
  #unwatch: Stop;
  #observer: ResizeObserver | null = null;

  constructor(host: Host, canvas: HTMLCanvasElement) {
    this.#host = host;
    this.#canvas = canvas;
    this.#unwatch = whileOnScreen(() => this.#appear());
    if (typeof ResizeObserver === 'function') {
      this.#observer = new ResizeObserver(() => this.#resized());
      this.#observer.observe(canvas);
    }
    host.frames().then(
      (info) => this.#open(info),
      (error: unknown) => console.warn('no pictures from the host', error),
    );
  }

  #open(info: FramesAddress): void {
    if (this.#closed) return;
    if (info.gpu) this.#painter = openShared(this.#canvas);
    this.shared = this.#painter !== null;
    this.#pictures = this.#host.pictures(info, (frame, drawn) => this.#take(frame, drawn));
    this.#tellAll();
  }

  /** The window can be seen from now on. */
  #appear(): Stop {
    // What stood still meanwhile did so because nothing was asked for.
    for (const stream of this.#newest.keys()) this.#newest.set(stream, performance.now());
    const watch = setInterval(() => {
      for (const [stream, at] of this.#newest) {
        const still = performance.now() - at > FROZEN_MS;
        if ((this.frozen.get(stream) ?? false) !== still) this.frozen.set(stream, still);
      }
    }, 500);
    this.#resized();
    return () => {
      clearInterval(watch);
      if (this.#request !== 0) cancelAnimationFrame(this.#request);
      this.#request = 0;
      for (const stream of this.#places.keys()) this.#pictures?.show(stream, 0, 0);
    };
  }

  /** Shows a stream there until stopped. A stream has one place; the newest wins. */
  show(stream: Stream, place: Place): Stop {
    this.#places.set(stream, place);
    this.#hidden.delete(stream);
    this.#flat.delete(stream);
    this.#observer?.observe(place.element);
    this.tell(stream);
    return () => {
      this.#observer?.unobserve(place.element);
      if (this.#places.get(stream) !== place) return;
      this.#forget(stream);
      this.#pictures?.show(stream, 0, 0);
      this.#ask();
    };
  }

  #forget(stream: Stream): void {
    this.#waiting.get(stream)?.drawn();
    this.#waiting.delete(stream);
    this.#places.delete(stream);
    this.#flat.delete(stream);
    this.#newest.delete(stream);
    this.#painter?.forget(stream);
    this.sizes.delete(stream);
    this.frozen.delete(stream);
  }

  fit(stream: Stream, tile: { width: number; height: number }, sharing: boolean): Fit {
    const size = this.sizes.get(stream);
    return size === undefined ? 'contain' : fitFor(size, tile, sharing);
  }

  /** Says to the shell how large a stream is shown now. */
  tell(stream: Stream): void {
    const place = this.#places.get(stream);
    if (place === undefined || !onScreen()) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.round(place.element.clientWidth * ratio);
    const height = Math.round(place.element.clientHeight * ratio);
    if (width !== 0 && height !== 0) this.#pictures?.show(stream, width, height);
  }

  /** Says to the shell that nobody sees a stream: it has no tile now. */
  hide(stream: Stream): void {
    if (this.#places.has(stream)) return;
    this.#hidden.add(stream);
    this.#pictures?.show(stream, 0, 0);
  }

  #tellAll(): void {
    for (const stream of this.#hidden) this.#pictures?.show(stream, 0, 0);
    for (const stream of this.#places.keys()) this.tell(stream);
  }

  #resized(): void {
    this.#tellAll();
    this.#ask();
  }

  #take(frame: Frame, drawn: () => void): void {
    if (!this.#places.has(frame.stream)) {
      // Its tile is gone.
      drawn();
      return;
    }
    // The older one was never shown, but it no longer occupies the pipe either.
    this.#waiting.get(frame.stream)?.drawn();
    this.#waiting.set(frame.stream, { frame, drawn });
    if (frame.stream !== SELF) this.#newest.set(frame.stream, performance.now());
    this.#ask();
  }

  /** Draws again at the next refresh though no picture came: a tile appeared, left or moved. */
  redraw(): void {
    this.#ask();
  }

  #ask(): void {
    if (this.#request !== 0 || this.#closed || !onScreen()) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#painter?.lost() === true) {
      this.#painter = null;
      this.shared = false;
    }
    for (const [stream, { frame, drawn }] of this.#waiting) {
      this.#waiting.delete(stream);
      const size = this.sizes.get(stream);
      if (size?.width !== frame.width || size.height !== frame.height) {
        this.sizes.set(stream, { width: frame.width, height: frame.height });
      }
      if (this.#painter !== null) this.#painter.upload(frame);
      else this.#drawFlat(frame);
      drawn();
    }
    if (this.#painter === null) return;
    const ground = this.#canvas.getBoundingClientRect();
    this.#painter.paint(this.#tiles(ground), ground.width, ground.height, globalThis.devicePixelRatio || 1);
  }

  #drawFlat(frame: Frame): void {
    const place = this.#places.get(frame.stream);
    if (place === undefined) return;
    let painter = this.#flat.get(frame.stream);
    if (painter === undefined) {
      painter = new FlatPainter(place.canvas);
      this.#flat.set(frame.stream, painter);
    }
    painter.draw(frame);
  }

  #tiles(ground: DOMRect): Tile[] {
    const tiles: Tile[] = [];
    // The own one lies over the others.
    const streams = [...this.#places.keys()].sort((one, other) => Number(one === SELF) - Number(other === SELF));
    for (const stream of streams) {
      const place = this.#places.get(stream);
      if (place === undefined || !place.shown()) continue;
      const rect = place.element.getBoundingClientRect();
      tiles.push({
        stream,
        box: { x: rect.x - ground.x, y: rect.y - ground.y, width: rect.width, height: rect.height },
        fit: this.fit(stream, rect, place.sharing()),
        mirrored: place.mirrored(),
        radius: place.radius(),
      });
    }
    return tiles;
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    if (this.#request !== 0) cancelAnimationFrame(this.#request);
    this.#observer?.disconnect();
    this.#pictures?.stop();
    for (const { drawn } of this.#waiting.values()) drawn();
    this.#waiting.clear();
    this.#painter?.close();
  }
}
