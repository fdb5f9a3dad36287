// A web peer of the marketplace backend, speaking as the deployed web client does: its call id is its own,
// no record is written over REST, the ring is the socket's alone. That client makes no connection; this one
// does, the caller once the callee accepted. Driven by the query string, watched through `report`.
//
//   ?rest=…&socket=…&email=…&password=…   sign in
//   &do=call|answer&to=USER-ID            what to do then
//   &kind=video|voice                     of a call that is placed
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = {
  state: 'new', error: null, callId: null, kind: null, framesDecoded: 0, framesSent: 0, audioLevel: 0,
  audioEnergy: 0, codecIn: '', codecOut: '', message: null, ended: false,
};
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

let me, socket, pc, media, callId, other;

async function signIn() {
  const reply = await fetch(`${wish.rest}/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: wish.email, password: wish.password }),
  });
  const login = await reply.json();
  if (!reply.ok) throw new Error(`login: ${reply.status} ${login.message}`);
  me = login.data.user;
  socket = io(wish.socket, { auth: { token: login.data.token }, transports: ['websocket'] });
  await new Promise((resolve, reject) => { socket.on('connect', resolve); socket.on('connect_error', reject); });
  const ours = (handle) => (e) => { if (e.callId === callId) handle(e); };
  for (const kind of ['video', 'voice'])
    socket.on(`incoming_${kind}_call`, (ring) => { if (wish.do === 'answer') answer(ring, kind); });
  socket.on('call_accepted', ours((e) => { if (e.participantId === other && !pc) offer(); }));
  socket.on('call_declined', ours(over));
  socket.on('call_ended', ours(over));
  socket.on('webrtc_offer', ours((e) => offered(e.offer)));
  socket.on('webrtc_answer', ours((e) => { if (pc?.signalingState === 'have-local-offer') pc.setRemoteDescription(e.answer); }));
  // A candidate that comes before the description is dropped.
  socket.on('ice_candidate', ours((e) => { if (e.candidate && pc?.remoteDescription) pc.addIceCandidate(e.candidate).catch(() => {}); }));
  socket.on('new_message', (e) => { report.message = e.message.content ?? e.message; });
  report.state = 'online';
}

function over() {
  report.ended = true;
  report.state = 'ended';
  pc?.close();
}

async function capture(kind) {
  report.kind = kind;
  media = await navigator.mediaDevices.getUserMedia({ video: kind === 'video' && { width: 1280, height: 720, frameRate: 30 }, audio: true });
  document.getElementById('own').srcObject = media;
}

function connect() {
  pc = new RTCPeerConnection();
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.onicecandidate = (e) => { if (e.candidate) socket.emit('ice_candidate', { callId, targetUserId: other, candidate: e.candidate.toJSON() }); };
  pc.onconnectionstatechange = () => { if (!report.ended) report.state = pc.connectionState; };
  pc.ontrack = (e) => { document.getElementById('remote').srcObject = e.streams[0] ?? new MediaStream([e.track]); };
}

async function offer() {
  connect();
  await pc.setLocalDescription(await pc.createOffer());
  socket.emit('webrtc_offer', { callId, targetUserId: other, offer: pc.localDescription.toJSON() });
}

let lastOffer;
async function offered(sdp) {
  if (sdp.sdp === lastOffer) return;
  lastOffer = sdp.sdp;
  if (!pc) connect();
  await pc.setRemoteDescription(sdp);
  await pc.setLocalDescription(await pc.createAnswer());
  socket.emit('webrtc_answer', { callId, targetUserId: other, answer: pc.localDescription.toJSON() });
}

async function call() {
  const kind = wish.kind ?? 'video';
  other = wish.to;
  await capture(kind);
  report.callId = callId = `call_${Date.now()}_${Math.random().toString(36).slice(2, 11)}`;
  socket.emit(`initiate_${kind}_call`, { callId, roomId: `room_${callId}`, recipientId: other, chatId: `chat_${me.id}_${other}` });
  report.state = 'calling';
}

async function answer(ring, kind) {
  if (callId) return;
  report.callId = callId = ring.callId;
  other = ring.caller.id;
  await capture(kind);
  socket.emit('accept_call', { callId, callerId: other });
}

// Without `participantIds`, which ends the deployed backend as well.
window.hangUp = () => {
  socket.emit('end_call', { callId, duration: 3 });
  over();
};
window.write = (text) => socket.emit('send_message', { chatId: `chat_${me.id}_${other}`, recipientId: other, message: text });

async function watch() {
  if (!pc || report.ended) return;
  const stats = await pc.getStats();
  const codec = (s) => stats.get(s.codecId)?.mimeType ?? '';
  for (const s of stats.values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(report, { framesDecoded: s.framesDecoded ?? 0, codecIn: codec(s) });
    if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(report, { framesSent: s.framesSent ?? 0, codecOut: codec(s) });
    if (s.type === 'inbound-rtp' && s.kind === 'audio') Object.assign(report, { audioLevel: s.audioLevel ?? 0, audioEnergy: s.totalAudioEnergy ?? 0 });
  }
}

(async () => {
  await signIn();
  setInterval(watch, 200);
  if (wish.do === 'call') await call();
})().catch((e) => { report.error = String(e.message ?? e); });
