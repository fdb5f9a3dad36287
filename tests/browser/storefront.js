// A web peer of the storefront backend, as its document describes one: REST with cookies, events over
// socket.io-client, the seller makes the offer. Driven by the query string, watched through `report`.
//
//   ?rest=…&socket=…&role=seller|customer&email=…&password=…   sign in
//   &do=call|answer&to=EMAIL-OR-ID                             what to do then
//   &codec=H264|VP8                                            only this video codec is offered or accepted
//   &as=no-ssrc|bare|fingerprints|no-rtx|audio-only|no-video   descriptions as other endpoints write them
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = {
  state: 'new', error: null, callId: null, framesDecoded: 0, framesSent: 0, audioLevel: 0, audioEnergy: 0,
  codecIn: '', codecOut: '', width: 0, keyFramesAsked: 0, videoPacketsIn: 0, answeredAt: null, firstFrameAt: null, firstAudioAt: null, ended: false,
};
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

let me, socket, pc, media, callId, other;

async function api(method, path, body) {
  const reply = await fetch(wish.rest + path, {
    method, credentials: 'include', headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const json = await reply.json();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${json.message}`);
  return json;
}

async function signIn() {
  const path = wish.role === 'seller' ? '/shop/login-shop' : '/user/login-user';
  const login = await api('POST', path, { email: wish.email, password: wish.password });
  me = login.user;
  socket = io(wish.socket, { auth: { token: login.token }, transports: ['websocket'] });
  await new Promise((resolve, reject) => { socket.on('connect', resolve); socket.on('connect_error', reject); });
  socket.emit('addUser', me._id);
  socket.on('userJoinedCall', (e) => { if (e.callId === callId && e.userId !== me._id) joined(); });
  socket.on('offer', (e) => { if (e.callId === callId) offered(e.offer); });
  socket.on('answer', (e) => { if (e.callId === callId) answered(e.answer); });
  // As the deployed web client does, a candidate that comes before the description is dropped.
  socket.on('ice-candidate', (e) => { if (e.callId === callId && pc?.remoteDescription) pc.addIceCandidate(e.candidate).catch(() => {}); });
  socket.on('callStatusUpdate', (e) => { if (e.callId === callId && ['declined', 'ended', 'missed'].includes(e.status)) over(); });
  socket.on('callEnded', (e) => { if (e.callId === callId) over(); });
  socket.on('userLeftCall', (e) => { if (e.callId === callId) over(); });
  socket.on('incomingVideoCall', (e) => { if (wish.do === 'answer') answer(e); });
  report.state = 'online';
}

function over() {
  report.ended = true;
  report.state = 'ended';
  pc?.close();
}

// What other endpoints leave out or write otherwise, changed in the text that goes to the other side.
const MUNGES = {
  'no-ssrc': (sdp) => sdp.replace(/^a=ssrc(-group)?:.*\r\n/gm, ''),
  'bare': (sdp) => MUNGES['no-ssrc'](sdp).replace(/^a=(msid|msid-semantic|extmap|extmap-allow-mixed|ice-options|rtcp):?.*\r\n/gm, ''),
  'fingerprints': (sdp) => sdp.replace(/^a=fingerprint:sha-256 (.*)\r\n/gm, (_, hash) => `a=fingerprint:SHA-1 ${Array(20).fill('4A').join(':')}\r\na=fingerprint:SHA-256 ${hash.toLowerCase()}\r\n`),
};

function written(description) {
  const { type, sdp } = description.toJSON();
  return { type, sdp: (MUNGES[wish.as] ?? ((text) => text))(sdp) };
}

function peer() {
  if (pc) return pc;
  pc = new RTCPeerConnection();
  for (const track of media.getTracks()) if (wish.as !== 'audio-only' || track.kind === 'audio') pc.addTrack(track, media);
  if (wish.as === 'no-rtx') {
    const plain = RTCRtpReceiver.getCapabilities('video').codecs.filter((c) => ['video/H264', 'video/VP8'].includes(c.mimeType));
    for (const t of pc.getTransceivers()) if (t.sender.track?.kind === 'video') t.setCodecPreferences(plain);
  }
  if (wish.codec) {
    const all = RTCRtpReceiver.getCapabilities('video').codecs;
    const only = all.filter((c) => c.mimeType === `video/${wish.codec}` || c.mimeType === 'video/rtx');
    for (const t of pc.getTransceivers()) if (t.sender.track?.kind === 'video') t.setCodecPreferences(only);
  }
  pc.onicecandidate = (e) => { if (e.candidate) socket.emit('ice-candidate', { callId, candidate: e.candidate.toJSON(), senderId: me._id, receiverId: other }); };
  pc.onconnectionstatechange = () => { if (!report.ended) report.state = pc.connectionState; };
  pc.ontrack = (e) => {
    const video = document.getElementById('remote');
    video.srcObject = e.streams[0] ?? new MediaStream([...(video.srcObject?.getTracks() ?? []), e.track]);
    if (e.track.kind === 'video') video.requestVideoFrameCallback(() => { report.firstFrameAt ??= performance.now(); });
    if (e.track.kind === 'audio') listen(e.track);
  };
  return pc;
}

function listen(track) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    if (samples.some((s) => Math.abs(s) > 0.001)) report.firstAudioAt ??= performance.now();
    else setTimeout(look, 2);
  };
  look();
}

let offering = false;
async function joined() {
  report.answeredAt ??= performance.now();
  if (wish.role !== 'seller' || offering) return;
  offering = true;
  const offer = await peer().createOffer();
  await pc.setLocalDescription(offer);
  socket.emit('offer', { callId, offer: written(pc.localDescription), senderId: me._id, receiverId: other });
}

let lastOffer;
async function offered(offer) {
  if (offer.sdp === lastOffer) return;
  lastOffer = offer.sdp;
  await peer().setRemoteDescription(offer);
  // Stopped before the answer, its section is refused: port 0 (RFC 8829 5.3.1).
  if (wish.as === 'no-video') pc.getTransceivers().find((t) => t.receiver.track.kind === 'video')?.stop();
  await pc.setLocalDescription(await pc.createAnswer());
  socket.emit('answer', { callId, answer: written(pc.localDescription), senderId: me._id, receiverId: other });
}

async function answered(sdp) {
  if (pc.signalingState === 'have-local-offer') await pc.setRemoteDescription(sdp);
}

async function call() {
  let body, to;
  if (wish.role === 'seller') {
    const list = await api('GET', `/video-call/customers/${me._id}`);
    to = list.customers.find((c) => c.email === wish.to || c._id === wish.to);
    body = { customerId: to._id, callType: 'general_support' };
  } else {
    to = { _id: wish.to, name: '' };
    body = { sellerId: to._id, callType: 'general_support' };
  }
  other = to._id;
  const placed = await api('POST', '/video-call/initiate', body);
  report.callId = callId = placed.videoCall.callId;
  const seller = wish.role === 'seller';
  socket.emit('incomingVideoCall', {
    callId, sellerId: seller ? me._id : other, sellerName: seller ? me.name : '', shopName: seller ? me.name : '',
    customerId: seller ? other : me._id, customerName: seller ? to.name : me.name, callType: 'general_support',
    orderNumber: null, timestamp: new Date().toISOString(),
  });
  socket.emit('joinVideoCall', { callId, userId: me._id, userType: wish.role });
  report.state = 'calling';
}

async function answer(ring) {
  if (callId) return;
  report.callId = callId = ring.callId;
  other = wish.role === 'seller' ? ring.customerId : ring.sellerId;
  report.answeredAt = performance.now();
  await api('POST', '/video-call/respond', { callId, response: 'accepted' });
  socket.emit('joinVideoCall', { callId, userId: me._id, userType: wish.role });
  // The caller is in the room already, so no `userJoinedCall` will come for it.
  if (wish.role === 'seller') joined();
}

window.hangUp = async () => {
  await api('POST', '/video-call/end', { callId });
  socket.emit('leaveVideoCall', { callId, userId: me._id });
  over();
};
window.placeCall = call;

async function watch() {
  if (!pc || report.ended) return;
  const stats = await pc.getStats();
  const codec = (s) => stats.get(s.codecId)?.mimeType ?? '';
  for (const s of stats.values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(report, { framesDecoded: s.framesDecoded ?? 0, codecIn: codec(s), width: s.frameWidth ?? 0, videoPacketsIn: s.packetsReceived ?? 0 });
    if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(report, { framesSent: s.framesSent ?? 0, codecOut: codec(s), keyFramesAsked: s.pliCount ?? 0 });
    if (s.type === 'inbound-rtp' && s.kind === 'audio') Object.assign(report, { audioLevel: s.audioLevel ?? 0, audioEnergy: s.totalAudioEnergy ?? 0 });
  }
}

(async () => {
  media = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720, frameRate: 30 }, audio: true });
  document.getElementById('own').srcObject = media;
  await signIn();
  setInterval(watch, 200);
  if (wish.do === 'call') await call();
})().catch((e) => { report.error = String(e.message ?? e); });
