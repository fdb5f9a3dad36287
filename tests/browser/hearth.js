// A web peer of the hearth backend, as the deployed client behaves: REST with a bearer token, the token
// once more as an event, a connection begun whenever it is told to or sees somebody come, and thrown away
// at each offer that comes in. Names both targets in whatever it sends. Driven by the query string,
// watched through `report`.
//
//   ?rest=…&socket=…&email=…&password=…   sign in
//   &do=call|answer&to=USER-ID            what to do then
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = {
  state: 'new', error: null, me: null, callId: null, framesDecoded: 0, framesSent: 0, audioLevel: 0, audioEnergy: 0,
  codecIn: '', codecOut: '', width: 0, offersMade: 0, offersHeard: 0, ended: false,
};
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

const peerId = `peer_${Math.random().toString(36).slice(2)}`;
let token, socket, pc, media, sessionId, other;

async function api(method, path, body) {
  const reply = await fetch(wish.rest + path, {
    method, headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const json = await reply.json();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${json.message}`);
  return json;
}

async function signIn() {
  const login = await api('POST', '/auth/login', { email: wish.email, password: wish.password });
  token = login.token;
  socket = io(wish.socket, { transports: ['websocket'] });
  await new Promise((resolve, reject) => { socket.on('connect', resolve); socket.on('connect_error', reject); });
  socket.on('call_invitation', (e) => { if (wish.do === 'answer' && !sessionId) answer(e.sessionId); });
  socket.on('user_joined_call', (e) => begin(e.participant));
  socket.on('initiate_peer_connection', (e) => begin({ ...e.participant, peerId: e.targetPeerId }));
  socket.on('webrtc_offer', offered);
  socket.on('webrtc_answer', (e) => {
    if (e.sessionId === sessionId && pc?.signalingState === 'have-local-offer') pc.setRemoteDescription(e.answer).catch(() => {});
  });
  // A candidate that comes before the description is dropped.
  socket.on('webrtc_ice_candidate', (e) => {
    if (e.sessionId === sessionId && e.candidate && pc?.remoteDescription) pc.addIceCandidate(e.candidate).catch(() => {});
  });
  socket.on('user_left_call', () => over());
  socket.on('call_ended', (e) => { if (e.sessionId === sessionId) over(); });
  socket.on('authentication_error', (e) => { report.error ??= e.message; });
  socket.emit('authenticate', token);
  const { user } = await new Promise((resolve) => socket.on('authenticated', resolve));
  report.me = user.id;
  report.state = 'online';
}

function over() {
  report.ended = true;
  report.state = 'ended';
  pc?.close();
}

const send = (event, more) => socket.emit(event, { targetPeerId: other.peerId, targetSocketId: other.socketId, sessionId, ...more });

// Offers and answers must not cross each other inside this page.
let work = Promise.resolve();
const next = (job) => { work = work.then(job).catch((e) => { report.error ??= String(e.message ?? e); }); };

function connection(them) {
  pc?.close();
  other = them;
  const made = pc = new RTCPeerConnection();
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.onicecandidate = (e) => { if (e.candidate && made === pc) send('webrtc_ice_candidate', { candidate: e.candidate.toJSON() }); };
  pc.onconnectionstatechange = () => { if (!report.ended && made === pc) report.state = made.connectionState; };
  pc.ontrack = (e) => {
    const video = document.getElementById('remote');
    video.srcObject = e.streams[0] ?? new MediaStream([...(video.srcObject?.getTracks() ?? []), e.track]);
  };
  return pc;
}

function begin(them) {
  if (!sessionId || report.ended) return;
  next(async () => {
    const fresh = connection(them);
    await fresh.setLocalDescription(await fresh.createOffer());
    report.offersMade += 1;
    send('webrtc_offer', { offer: fresh.localDescription.toJSON() });
  });
}

let lastOffer;
function offered(e) {
  if (e.sessionId !== sessionId || e.offer.sdp === lastOffer) return;
  lastOffer = e.offer.sdp;
  report.offersHeard += 1;
  next(async () => {
    const fresh = connection({ peerId: e.fromPeerId, socketId: e.fromSocketId });
    await fresh.setRemoteDescription(e.offer);
    await fresh.setLocalDescription(await fresh.createAnswer());
    send('webrtc_answer', { answer: fresh.localDescription.toJSON() });
  });
}

async function call() {
  const settings = { isVideoEnabled: true, isAudioEnabled: true, allowScreenShare: true };
  const body = { sessionType: 'group', participants: [wish.to], callSettings: settings };
  report.callId = sessionId = (await api('POST', '/video-call/initiate', body)).data.sessionId;
  socket.emit('join_call_session', { sessionId, peerId });
}

async function answer(id) {
  report.callId = sessionId = id;
  await api('POST', `/video-call/join/${id}`, {});
  socket.emit('join_call_session', { sessionId, peerId });
}

window.hangUp = async () => {
  socket.emit('leave_call_session', { sessionId });
  over();
};

async function watch() {
  if (!pc || report.ended) return;
  const stats = await pc.getStats();
  const codec = (s) => stats.get(s.codecId)?.mimeType ?? '';
  for (const s of stats.values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(report, { framesDecoded: s.framesDecoded ?? 0, codecIn: codec(s), width: s.frameWidth ?? 0 });
    if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(report, { framesSent: s.framesSent ?? 0, codecOut: codec(s) });
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
