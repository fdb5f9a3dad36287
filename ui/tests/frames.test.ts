// The picture pipe against a real loopback server.

import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { waitFor } from '@testing-library/svelte';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { WebSocket as Peer } from 'ws';

import { i420Size, openFrames, packFrame } from '../src/host/frames';
import type { Frame } from '../src/host/host';
import {} from './drawn';

// The test runner resolves for browsers, where this package is empty.
const load = createRequire(import.meta.url);
const { WebSocketServer, WebSocket: Socket } = load(
  join(dirname(load.resolve('ws/package.json')), 'index.js'),
) as typeof import('ws');

// The document's own socket needs the same package, and gets it empty too.
vi.stubGlobal('WebSocket', Socket);

async function serve() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const peers: Peer[] = [];
  const paths: (string | undefined)[] = [];
  const said: string[] = [];
  server.on('connection', (peer, request) => {
    peers.push(peer);
    paths.push(request.url);
    peer.on('message', (data) => said.push(String(data)));
  });
  await new Promise((open) => server.once('listening', open));
  onTestFinished(() => {
    for (const peer of peers) peer.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { peers, paths, said, info: { url: `ws://127.0.0.1:${port}/`, token: 'once', gpu: false } };
}

const picture = (stream: number, seq: number): Frame => ({
  stream,
  seq,
  captured: 1,
  width: 4,
  height: 2,
  planes: new Uint8Array(i420Size(4, 2)),
});

describe('the picture pipe', () => {
  it('hands frames on and says once that each was drawn', async () => {
    const { peers, paths, said, info } = await serve();
    const got: { frame: Frame; drawn: () => void }[] = [];
    onTestFinished(openFrames(info, (frame, drawn) => got.push({ frame, drawn })).stop);
    await waitFor(() => expect(peers).toHaveLength(1));
    expect(paths).toEqual(['/once']);

    peers[0]!.send(new Uint8Array(packFrame(picture(3, 1))));
    peers[0]!.send('words are no frame');
    peers[0]!.send(new Uint8Array(7));
    peers[0]!.send(new Uint8Array(packFrame(picture(1, 2))));

    await waitFor(() =>
      expect(got.map(({ frame }) => [frame.stream, frame.seq])).toEqual([
        [3, 1],
        [1, 2],
      ]),
    );
    got[1]!.drawn();
    got[1]!.drawn();
    got[0]!.drawn();
    await waitFor(() => expect(said).toEqual(['1', '3']));
  });

  it('opens again when the connection dies, and not after it was stopped', async () => {
    const { peers, info } = await serve();
    const seen: number[] = [];
    const { stop } = openFrames(info, (frame, drawn) => {
      seen.push(frame.seq);
      drawn();
    });
    await waitFor(() => expect(peers).toHaveLength(1));

    peers[0]!.terminate();
    await waitFor(() => expect(peers).toHaveLength(2));
    peers[1]!.send(new Uint8Array(packFrame(picture(3, 5))));
    await waitFor(() => expect(seen).toEqual([5]));

    stop();
    await waitFor(() => expect(peers[1]!.readyState).toBe(peers[1]!.CLOSED));
    await new Promise((done) => setTimeout(done, 400));
    expect(peers).toHaveLength(2);
  });

  it('says how large a stream is shown, once, and again on a new connection', async () => {
    const { peers, said, info } = await serve();
    const pipe = openFrames(info, (_frame, drawn) => drawn());
    onTestFinished(pipe.stop);
    pipe.show(3, 640, 360);
    await waitFor(() => expect(said).toEqual(['3 640 360']));
    pipe.show(3, 640, 360);
    pipe.show(1, 160, 90);
    pipe.show(3, 0, 0);
    await waitFor(() => expect(said.slice(1)).toEqual(['1 160 90', '3 0 0']));

    peers[0]!.terminate();
    await waitFor(() => expect(said.slice(3)).toEqual(['3 0 0', '1 160 90']));
  });
});
