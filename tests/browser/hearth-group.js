// A web peer in a call of several on the hearth backend, after its documented client guide: one connection for each
// of the others, each with an encoder of its own, begun whenever the page is told to or sees somebody come, and thrown
// away at each offer that comes in. Where the server has an engine, the one connection that is begun is to it. Driven by
// the query string, watched through `report`.
//
//   ?rest=…&socket=…&email=…&password=…   sign in
//   &do=call|answer&to=ID,ID,…            what to do then
//   &width=…&height=…&fps=…&kbps=…        of the camera, and the most that is sent to each
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = { state: 'new', error: null, me: null, callId: null, peers: {}, told: [], ended: false };
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

const peerId = `peer_${Math.random().toString(36).slice(2)}`;
const peers = new Map();
let token, socket, media, sessionId, engine;

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
  socket.on('call_session_joined', (e) => { engine = e.engine?.peerId; if (engine) begin({ peerId: engine }); });
  socket.on('user_joined_call', (e) => { if (!engine) begin(e.participant); });
  socket.on('initiate_peer_connection', (e) => begin({ ...e.participant, peerId: e.targetPeerId }));
  socket.on('webrtc_offer', offered);
  socket.on('webrtc_answer', (e) => {
    const pc = peers.get(e.fromPeerId)?.pc;
    if (e.sessionId !== sessionId || pc?.signalingState !== 'have-local-offer') return;
    next(peers.get(e.fromPeerId), () => pc.setRemoteDescription(e.answer).catch(() => {}));
  });
  // A candidate that comes before the description is dropped, which programs of ours see to. Two pages on a busy
  // machine would drop all of each other's: between them it waits.
  socket.on('webrtc_ice_candidate', (e) => {
    const peer = peers.get(e.fromPeerId);
    if (e.sessionId !== sessionId || !e.candidate || !peer) return;
    const { pc } = peer;
    const add = () => pc.addIceCandidate(e.candidate).catch(() => {});
    if (pc.remoteDescription) add();
    else if (e.fromPeerId.startsWith('peer_')) next(peer, add);
  });
  socket.on('user_left_call', (e) => {
    const gone = [...peers].find(([, peer]) => peer.socketId === e.socketId || peer.userId === e.userId);
    if (gone) leave(gone[0]);
  });
  socket.on('call_ended', (e) => { if (e.sessionId === sessionId) over(); });
  // Nobody of a call is told these; without them nobody would know why somebody waits for ever.
  for (const event of ['call_error', 'error', 'disconnect']) {
    socket.on(event, (e) => report.told.push(`${event}: ${e?.message ?? e}`));
  }
  socket.on('authentication_error', (e) => { report.error ??= e.message; });
  socket.emit('authenticate', token);
  const { user } = await new Promise((resolve) => socket.on('authenticated', resolve));
  report.me = user.id;
  report.state = 'online';
}

function over() {
  report.ended = true;
  report.state = 'ended';
  for (const id of [...peers.keys()]) leave(id);
}

function leave(id) {
  const peer = peers.get(id);
  if (!peer) return;
  peers.delete(id);
  delete report.peers[id];
  peer.pc.close();
  peer.video.remove();
}

const send = (to, event, more) => socket.emit(event, { targetPeerId: to.peerId, targetSocketId: to.socketId, sessionId, ...more });

// Offers and answers must not cross each other inside one connection.
const next = (peer, job) => { peer.work = peer.work.then(job).catch((e) => { report.error ??= String(e.message ?? e); }); };

function connection(them) {
  const known = peers.get(them.peerId);
  known?.pc.close();
  const pc = new RTCPeerConnection();
  const video = known?.video ?? document.body.appendChild(Object.assign(document.createElement('video'), { autoplay: true, width: 320 }));
  // What was begun on a connection that is closed never ends.
  const peer = Object.assign(known ?? {}, { ...them, pc, video, work: Promise.resolve(), begun: false });
  peers.set(them.peerId, peer);
  if (them.peerId !== engine) report.peers[them.peerId] ??= { state: 'new', person: them.userId, framesDecoded: 0, audioEnergy: 0, width: 0 };
  // Through an engine the others are only received.
  for (const track of engine && them.peerId !== engine ? [] : media.getTracks()) {
    const sender = pc.addTrack(track, media);
    if (track.kind === 'video' && wish.kbps) limit(sender);
  }
  pc.onicecandidate = (e) => { if (e.candidate && peer.pc === pc) send(peer, 'webrtc_ice_candidate', { candidate: e.candidate.toJSON() }); };
  pc.onconnectionstatechange = () => {
    if (peer.pc !== pc) return;
    if (them.peerId === engine) report.uplink = pc.connectionState;
    else if (report.peers[them.peerId]) report.peers[them.peerId].state = pc.connectionState;
  };
  pc.ontrack = (e) => { video.srcObject = e.streams[0] ?? new MediaStream([...(video.srcObject?.getTracks() ?? []), e.track]); };
  return peer;
}

async function limit(sender) {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings ?? []) encoding.maxBitrate = Number(wish.kbps) * 1000;
  await sender.setParameters(parameters).catch(() => {});
}

function begin(them) {
  if (!sessionId || report.ended || !them?.peerId) return;
  // Two pages that each begin twice could answer each other's older offers for ever, as an answer names none.
  if (them.peerId.startsWith('peer_') && offers(peers.get(them.peerId))) return;
  const peer = connection(them);
  peer.begun = true;
  const { pc } = peer;
  next(peer, async () => {
    await pc.setLocalDescription(await pc.createOffer());
    peer.offers = (peer.offers ?? 0) + 1;
    send(peer, 'webrtc_offer', { offer: pc.localDescription.toJSON() });
  });
}

/** We have begun, and have no answer. */
const offers = (peer) => peer?.begun === true && peer.pc.remoteDescription === null;

const lastOffers = new Map();
function offered(e) {
  if (e.sessionId !== sessionId || lastOffers.get(e.fromPeerId) === e.offer.sdp) return;
  lastOffers.set(e.fromPeerId, e.offer.sdp);
  // Of two pages that offer at once the one with the larger name goes on; programs of ours see to that by themselves.
  const crosses = !engine && offers(peers.get(e.fromPeerId));
  if (crosses && e.fromPeerId.startsWith('peer_') && peerId > e.fromPeerId) return;
  const peer = connection({ userId: peers.get(e.fromPeerId)?.userId, peerId: e.fromPeerId, socketId: e.fromSocketId });
  const { pc } = peer;
  next(peer, async () => {
    await pc.setRemoteDescription(e.offer);
    await pc.setLocalDescription(await pc.createAnswer());
    send(peer, 'webrtc_answer', { answer: pc.localDescription.toJSON() });
  });
}

async function call() {
  const settings = { isVideoEnabled: true, isAudioEnabled: true, allowScreenShare: true };
  const body = { sessionType: 'group', participants: wish.to.split(','), callSettings: settings };
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
  for (const [id, peer] of peers) {
    const stats = await peer.pc.getStats();
    const seen = report.peers[id];
    if (!seen) continue;
    Object.assign(seen, { signaling: peer.pc.signalingState, begun: peer.begun, offers: peer.offers ?? 0 });
    for (const s of stats.values()) {
      if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(seen, { framesDecoded: s.framesDecoded ?? 0, width: s.frameWidth ?? 0 });
      if (s.type === 'inbound-rtp' && s.kind === 'audio') seen.audioEnergy = s.totalAudioEnergy ?? 0;
      // Pictures and sound came over a connection that stood; on a busy machine not of all of them at one moment.
      seen.met ||= peer.pc.connectionState === 'connected' && seen.framesDecoded > 15 && seen.audioEnergy > 0.0001;
      if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(seen, { framesEncoded: s.framesEncoded ?? 0, bytesSent: s.bytesSent ?? 0 });
    }
  }
}

(async () => {
  const number = (name, usual) => Number(wish[name] ?? usual);
  const video = { width: number('width', 1280), height: number('height', 720), frameRate: number('fps', 30) };
  media = await navigator.mediaDevices.getUserMedia({ video, audio: true });
  await signIn();
  window.watching = setInterval(watch, 500);
  if (wish.do === 'call') await call();
})().catch((e) => { report.error = String(e.message ?? e); });
