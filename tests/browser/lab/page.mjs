// What runs in the page of a recorded call: one peer connection, and recorders of pictures, sound and figures.
// All times are microseconds of Unix time.

/** Evaluated in the page as it is; nothing from outside can be used in it. */
export function page() {
  const CELLS = 20;
  const MARGIN = 0.3;
  const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
  const lines = [];
  const sounds = {};

  /** Mean brightness of the fields along the top edge, as `bellwire-cli --frame-log` has it. */
  function strip(luma, stride, width, height) {
    const [cellWidth, cellHeight] = [width / CELLS, height / 18];
    const span = (from, length) => {
      const first = Math.floor(from + length * MARGIN);
      return [first, Math.max(first + 1, Math.floor(from + length * (1 - MARGIN)))];
    };
    const [top, bottom] = span(0, cellHeight);
    let text = '';
    for (let cell = 0; cell < CELLS; cell += 1) {
      const [left, right] = span(cell * cellWidth, cellWidth);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += luma[y * stride + x];
      text += Math.floor(sum / ((bottom - top) * (right - left))).toString(16).padStart(2, '0');
    }
    return text;
  }

  async function watch(track, side) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      const at = now();
      const [width, height] = [frame.codedWidth, frame.codedHeight];
      try {
        // The top edge only; an even number of lines for the chroma.
        const rect = { x: 0, y: 0, width: width & ~1, height: Math.max(2, Math.floor(height / 18) & ~1) };
        const buffer = new Uint8Array(frame.allocationSize({ rect }));
        const [luma] = await frame.copyTo(buffer, { rect });
        lines.push(`${side},${at},${at},${width},${height},${strip(buffer.subarray(luma.offset), luma.stride, width, height)}`);
      } catch {
        lines.push(`${side},${at},${at},${width},${height},`);
      }
      frame.close();
    }
  }

  const RECORDER = `registerProcessor('recorder', class extends AudioWorkletProcessor {
    constructor() { super(); this.samples = new Int16Array(4800); this.count = 0; }
    process([[channel]]) {
      for (let n = 0; n < 128; n += 1) {
        this.samples[this.count] = Math.max(-1, Math.min(1, channel ? channel[n] : 0)) * 32767;
        this.count += 1;
        if (this.count === this.samples.length) { this.port.postMessage([currentTime + (n + 1) / sampleRate, this.samples]); this.count = 0; }
      }
      return true;
    }
  });`;
  let context;

  async function record(stream, kind) {
    if (!context) {
      context = new AudioContext({ sampleRate: 48_000 });
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' })));
    }
    const node = new AudioWorkletNode(context, 'recorder');
    const sound = { pieces: [], begins: [] };
    sounds[kind] = sound;
    node.port.onmessage = ({ data: [end, samples] }) => {
      // When the first sample was heard, told by the arrival of this piece; messages are late, never early.
      sound.first ??= end - 0.1;
      sound.begins.push(now() / 1e6 - (end - sound.first));
      sound.pieces.push(samples.slice());
    };
    context.createMediaStreamSource(stream).connect(node);
    node.connect(context.destination);
  }

  async function figures() {
    const all = [...(await window.pc.getStats()).values()];
    const of = (type, kind) => all.find((s) => s.type === type && s.kind === kind) ?? {};
    const [heard, seen, sent] = [of('inbound-rtp', 'audio'), of('inbound-rtp', 'video'), of('outbound-rtp', 'video')];
    const pair = all.find((s) => s.type === 'candidate-pair' && s.nominated) ?? {};
    return {
      at_us: now(), concealed_samples: heard.concealedSamples ?? 0, played_samples: heard.totalSamplesReceived ?? 0,
      frames_decoded: seen.framesDecoded ?? 0, codec: all.find((s) => s.id === seen.codecId)?.mimeType ?? '', nacks: seen.nackCount ?? 0,
      key_frame_requests: seen.pliCount ?? 0, target_bps: sent.targetBitrate ?? 0, width_sent: sent.frameWidth ?? 0,
      limited: sent.qualityLimitationReason ?? '', retransmitted: sent.retransmittedPacketsSent ?? 0,
      available_bps: pair.availableOutgoingBitrate ?? 0, rtt_s: pair.currentRoundTripTime ?? 0,
    };
  }

  window.prepare = async (options) => {
    const media = await navigator.mediaDevices.getUserMedia({
      video: { width: 1280, height: 720, frameRate: 30 },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const pc = new RTCPeerConnection();
    window.pc = pc;
    window.early = [];
    pc.onicecandidate = ({ candidate }) => candidate && window.sendCandidate(candidate.toJSON());
    pc.ontrack = ({ track }) => {
      // A remote track runs only where something plays it; hidden, it costs no drawing.
      const player = document.createElement(track.kind);
      Object.assign(player, { autoplay: true, srcObject: new MediaStream([track]), muted: true });
      player.style.display = 'none';
      document.body.append(player);
      if (!options.record) return;
      if (track.kind === 'video') watch(track.clone(), 'remote');
      else record(new MediaStream([track]), 'heard');
    };
    for (const track of media.getTracks()) {
      if (track.kind === 'video' && !options.film) { track.stop(); continue; }
      pc.addTrack(track, media);
      if (track.kind === 'video' && options.record) watch(track.clone(), 'own');
    }
    if (options.record) await record(media, 'said');
    const codecs = RTCRtpReceiver.getCapabilities('video').codecs;
    const plain = (codec) => codec.mimeType === 'video/H264' && /packetization-mode=1/.test(codec.sdpFmtpLine) && /profile-level-id=42e0/.test(codec.sdpFmtpLine);
    for (const transceiver of pc.getTransceivers()) {
      if (transceiver.sender.track?.kind !== 'video') continue;
      transceiver.setCodecPreferences([...codecs.filter(plain), ...codecs.filter((codec) => /rtx|red|ulpfec/i.test(codec.mimeType))]);
    }
    setInterval(async () => window.writeRecord('jsonl', `${JSON.stringify(await figures())}\n`), 1000);
    setInterval(() => { if (lines.length > 0) window.writeRecord('frames.csv', `${lines.splice(0).join('\n')}\n`); }, 1000);
  };

  window.addCandidate = (candidate) => {
    if (window.pc.remoteDescription) window.pc.addIceCandidate(candidate).catch(() => {});
    else window.early.push(candidate);
  };
  const described = async (description) => {
    await window.pc.setRemoteDescription(description);
    for (const candidate of window.early.splice(0)) window.pc.addIceCandidate(candidate).catch(() => {});
  };
  window.offer = async () => {
    await window.pc.setLocalDescription(await window.pc.createOffer());
    return window.pc.localDescription.sdp;
  };
  window.answer = async (sdp) => {
    await described({ type: 'offer', sdp });
    await window.pc.setLocalDescription(await window.pc.createAnswer());
    return window.pc.localDescription.sdp;
  };
  window.accept = (sdp) => described({ type: 'answer', sdp });

  /** Writes down what is kept in memory: the sound, and when its first sample was heard. */
  window.finish = async () => {
    if (lines.length > 0) await window.writeRecord('frames.csv', `${lines.splice(0).join('\n')}\n`);
    for (const [kind, { pieces, begins }] of Object.entries(sounds)) {
      // The tenth percentile: the least delayed messages without the odd one out.
      const begin = begins.sort((a, b) => a - b)[Math.floor(begins.length / 10)];
      await window.writeRecord(`${kind}.start`, String(Math.round(begin * 1e6)));
      for (let first = 0; first < pieces.length; first += 20) {
        const bytes = new Uint8Array(await new Blob(pieces.slice(first, first + 20)).arrayBuffer());
        let text = '';
        for (let n = 0; n < bytes.length; n += 8192) text += String.fromCharCode(...bytes.subarray(n, n + 8192));
        await window.writeSound(kind, btoa(text));
      }
    }
  };
}
