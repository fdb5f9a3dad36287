// The pipe for pictures: a loopback socket whose other end keeps at most two frames per stream in
// flight and sends the newest only, in the size that was asked for and only once one was. Opens again by
// itself; knows nothing of drawing.

import type { FramesAddress } from '../generated/bindings';
import type { Frame, Pictures, Stream } from './host';

const HEADER = 24;
const LARGEST = 8192;
const WAITS_MS = [100, 250, 500, 1000, 2000];

/** Reads one message; `null` for anything that is not a whole frame. */
export function parseFrame(message: ArrayBuffer): Frame | null {
  if (message.byteLength < HEADER) return null;
  const head = new DataView(message);
  const stream = head.getUint32(0, true);
  const width = head.getUint32(16, true);
  const height = head.getUint32(20, true);
  if (stream === 0 || width === 0 || height === 0 || width > LARGEST || height > LARGEST) return null;
  if (message.byteLength !== HEADER + i420Size(width, height)) return null;
  return {
    stream,
    seq: head.getUint32(4, true),
    captured: head.getFloat64(8, true),
    width,
    height,
    planes: new Uint8Array(message, HEADER),
  };
}

/** Writes one message; what the shell does, here for the fake host and for tests. */
export function packFrame(frame: Frame): ArrayBuffer {
  const message = new ArrayBuffer(HEADER + frame.planes.length);
  const head = new DataView(message);
  head.setUint32(0, frame.stream, true);
  head.setUint32(4, frame.seq, true);
  head.setFloat64(8, frame.captured, true);
  head.setUint32(16, frame.width, true);
  head.setUint32(20, frame.height, true);
  new Uint8Array(message, HEADER).set(frame.planes);
  return message;
}

/** Bytes of a tightly packed I420 picture; chroma of odd sizes is rounded up. */
export function i420Size(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** Opens the socket and keeps it open until stopped. */
export function openFrames(info: FramesAddress, got: (frame: Frame, drawn: () => void) => void): Pictures {
  const tiles = new Map<Stream, string>();
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let failures = 0;
  let stopped = false;

  function open(): void {
    const now = new WebSocket(`${info.url.replace(/\/$/, '')}/${info.token}`);
    socket = now;
    now.binaryType = 'arraybuffer';
    now.onopen = () => {
      for (const [stream, size] of tiles) now.send(`${stream} ${size}`);
    };
    now.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data === 'string') return;
      const frame = parseFrame(event.data);
      if (frame === null) return;
      failures = 0;
      let acknowledged = false;
      got(frame, () => {
        if (acknowledged) return;
        acknowledged = true;
        if (now.readyState === WebSocket.OPEN) now.send(String(frame.stream));
      });
    };
    now.onclose = () => {
      if (stopped || socket !== now) return;
      const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
      failures += 1;
      timer = setTimeout(open, wait);
    };
  }

  open();
  return {
    show(stream, width, height) {
      const size = `${width} ${height}`;
      if (tiles.get(stream) === size) return;
      tiles.set(stream, size);
      if (socket?.readyState === WebSocket.OPEN) socket.send(`${stream} ${size}`);
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      socket?.close();
    },
  };
}
