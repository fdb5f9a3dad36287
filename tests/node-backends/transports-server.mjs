// node transports-server.mjs PORT MODE - a storefront whose network or proxy has one oddity.
// MODE: ws (none), polling (no WebSockets at all), noupgrade (400 to every upgrade), hang (upgrades are
// swallowed), mute (an upgrade passes and then nothing), blocked (neither WebSockets nor polling),
// denied (the socket lets nobody in), limited (REST answers 429 once), big (5,000 people)
import http from 'node:http';
import { Server } from 'socket.io';

const [portText, mode = 'ws'] = process.argv.slice(2);
const people = {
  's1': { _id: 's1', name: 'Lamp Shop', email: 'shop@example.com' },
  'c1': { _id: 'c1', name: 'Ann Smith', email: 'ann@example.com' },
};
const state = { seen: [], sockets: 0, transports: [], gone: [], asked: {}, refused: 0 };

const orders = (n) => [0, 1, 2, 3, 4].map((k) => ({
  _id: `order-${n}-${k}`, orderNumber: `20${n}-${k}`, totalPrice: 19.5, orderStatus: 'Delivered',
  createdAt: '2026-02-03T08:00:00.000Z', note: 'x'.repeat(60),
}));
const customer = (n) => ({
  _id: `person-${String(n).padStart(6, '0')}`, name: `Person ${n}`, email: `person${n}@example.org`,
  phoneNumber: '+4900000', totalOrders: 5, totalSpent: 97.5, isOnline: false, recentOrders: orders(n),
});

const call = (status) => ({
  callId: 'call-1', status, seller: people.s1, customer: people.c1, callType: 'general_support', initiatedBy: 'seller',
  startTime: '2026-02-03T08:00:00.000Z', createdAt: '2026-02-03T08:00:00.000Z',
});

function answer(path, body) {
  if (path.endsWith('/shop/login-shop')) return [201, { success: true, user: people.s1, token: 'token-s1' }];
  if (path.endsWith('/user/login-user')) return [201, { success: true, user: people.c1, token: 'token-c1' }];
  if (path.includes('/video-call/customers')) {
    if (mode === 'limited' && state.asked[path] === 1) return [429, { message: 'Too many requests' }, { 'retry-after': '3' }];
    const customers = mode === 'big' ? Array.from({ length: 5000 }, (_, n) => customer(n)) : [customer(1)];
    return [200, { success: true, customers, total: customers.length }];
  }
  if (path.endsWith('/initiate')) {
    if (mode === 'limited' && state.asked[path] === 1) return [429, { message: 'Too many requests' }, { 'retry-after': '1' }];
    return [201, { success: true, message: 'ok', videoCall: call('initiated') }];
  }
  if (path.endsWith('/end')) return [200, { success: true, message: 'ok', call: call('ended') }];
  return [404, { success: false, message: 'none' }];
}

const server = http.createServer(async (request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  if (path.startsWith('/socket.io')) {
    if (mode === 'blocked') { response.writeHead(404); response.end('blocked'); }
    return;
  }
  const send = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  if (path === '/test/state') return send(200, state);
  if (path === '/test/ring') { io.emit('incomingVideoCall', { callId: 'call-9', sellerId: 's1', sellerName: 'Lamp Shop', shopName: 'Lamp Shop', customerId: 'c1', customerName: 'Ann Smith', callType: 'general_support', timestamp: new Date().toISOString(), padding: 'y'.repeat(90000) }); return send(200, {}); }
  // Two megabytes of small objects, which weigh many times as much once parsed.
  if (path === '/test/flood') { io.emit('getUsers', Array.from({ length: 700000 }, () => ({}))); return send(200, {}); }
  let text = '';
  for await (const chunk of request) text += chunk;
  state.asked[path] = (state.asked[path] ?? 0) + 1;
  return send(...answer(path, text ? JSON.parse(text) : {}));
});

const io = new Server(server, {
  pingInterval: 2000, pingTimeout: 2000, ...(mode === 'polling' ? { transports: ['polling'] } : {}),
  ...(mode === 'blocked' ? { path: '/elsewhere/' } : {}),
});
if (['noupgrade', 'blocked', 'hang', 'mute'].includes(mode)) {
  server.removeAllListeners('upgrade');
  server.on('upgrade', async (request, socket) => {
    state.refused += 1;
    socket.on('error', () => {});
    if (mode === 'hang') return;
    if (mode === 'mute') {
      const { createHash } = await import('node:crypto');
      const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      return;
    }
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
}
io.use((socket, next) => next(mode === 'denied' ? new Error('Access denied') : undefined));
io.on('connection', (socket) => {
  state.sockets += 1;
  state.transports.push(socket.conn.transport.name);
  // Not `onAny`, which also hears what the socket ignores because it is over.
  for (const name of ['addUser', 'incomingVideoCall', 'joinVideoCall', 'endVideoCall', 'leaveVideoCall', 'callStatusUpdate']) {
    socket.on(name, (body) => {
      state.seen.push([name, body]);
      if (name === 'addUser') socket.emit('getUsers', Object.keys(people).map((userId) => ({ userId, socketId: socket.id })));
    });
  }
  socket.on('disconnect', (why) => { state.sockets -= 1; state.gone.push(why); });
});
server.listen(Number(portText ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
