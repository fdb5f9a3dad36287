// A web peer of the dealerdesk backend, behaving as the deployed web client: a room per pair, the offer
// 600 ms after the ring and never again, a callee who enters the room only when they accept. Driven by
// the query string, watched through `report`.
//
//   ?rest=…&socket=…&role=dealer|technician&email=…[&password=…]   sign in; an empty password is left out
//   &do=call|answer&to=EMAIL                                       what to do then
//   &kind=VIDEO|AUDIO                                              of a call that is placed
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = {
  state: 'new', error: null, callId: null, failed: null, offered: false, framesDecoded: 0, framesSent: 0,
  audioLevel: 0, audioEnergy: 0, codecIn: '', codecOut: '', kind: null, ended: false, token: false,
};
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

let me, socket, pc, media, callId, roomId, other, earlyOffer;
const userType = wish.role.toUpperCase();

async function signIn() {
  const body = { email: wish.email };
  if (wish.password) body.password = wish.password;
  const reply = await fetch(`${wish.rest}/api/${wish.role}s/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const login = await reply.json();
  if (!reply.ok) throw new Error(`login: ${reply.status} ${login.error}`);
  me = login.dealer ?? login.technician;
  report.token = Boolean(login.token);
  const options = { transports: ['websocket'] };
  if (login.token) options.auth = { token: login.token };
  socket = io(wish.socket, options);
  await new Promise((resolve, reject) => { socket.on('connect', resolve); socket.on('connect_error', reject); });
  socket.emit('register_for_notifications', { userEmail: me.email, userType });
  socket.on('incoming_call', (ring) => { if (wish.do === 'answer') answer(ring); });
  socket.on('call_initiated', (e) => { report.callId = callId = e.callId; });
  socket.on('call_failed', (e) => { report.failed = e.reason; });
  socket.on('call_rejected', (e) => { if (e.callId === callId) over(); });
  socket.on('call_ended', (e) => { if (e.callId === callId) over(); });
  socket.on('webrtc_offer', (e) => { if (pc) offered(e.offer); else earlyOffer = e.offer; });
  socket.on('webrtc_answer', (e) => { if (pc?.signalingState === 'have-local-offer') pc.setRemoteDescription(e.answer); });
  // A candidate that comes before the description is dropped.
  socket.on('ice_candidate', (e) => { if (e.candidate && pc?.remoteDescription) pc.addIceCandidate(e.candidate).catch(() => {}); });
  report.state = 'online';
}

function enter(room, peer) {
  roomId = room;
  other = peer;
  const [dealerEmail, technicianEmail, post] = room.split(':');
  socket.emit('join_room', { dealerEmail, technicianEmail, userType, postId: post?.replace('POST_', '') });
}

function over() {
  report.ended = true;
  report.state = 'ended';
  pc?.close();
}

async function connect(kind) {
  report.kind = kind;
  media = await navigator.mediaDevices.getUserMedia({ video: kind === 'VIDEO' && { width: 1280, height: 720, frameRate: 30 }, audio: true });
  document.getElementById('own').srcObject = media;
  pc = new RTCPeerConnection();
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.onicecandidate = (e) => { if (e.candidate) socket.emit('ice_candidate', { candidate: e.candidate.toJSON(), roomId, targetEmail: other }); };
  pc.onconnectionstatechange = () => { if (!report.ended) report.state = pc.connectionState; };
  pc.ontrack = (e) => { document.getElementById('remote').srcObject = e.streams[0] ?? new MediaStream([e.track]); };
}

async function offered(offer) {
  await pc.setRemoteDescription(offer);
  await pc.setLocalDescription(await pc.createAnswer());
  socket.emit('webrtc_answer', { answer: pc.localDescription.toJSON(), roomId, targetEmail: other });
}

async function call() {
  const kind = wish.kind ?? 'VIDEO';
  const pair = wish.role === 'dealer' ? [me.email, wish.to] : [wish.to, me.email];
  enter(pair.join(':'), wish.to);
  await connect(kind);
  socket.emit('call_initiate', { roomId, callType: kind, targetEmail: other });
  report.state = 'calling';
  setTimeout(async () => {
    await pc.setLocalDescription(await pc.createOffer());
    socket.emit('webrtc_offer', { offer: pc.localDescription.toJSON(), roomId, targetEmail: other });
    report.offered = true;
  }, 600);
}

async function answer(ring) {
  if (callId) return;
  report.callId = callId = ring.callId;
  enter(ring.roomId, ring.callerEmail);
  await connect(ring.callType);
  socket.emit('call_accept', { callId, roomId });
  if (earlyOffer) await offered(earlyOffer);
}

window.hangUp = () => {
  socket.emit('call_end', { callId, roomId });
  over();
};

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
