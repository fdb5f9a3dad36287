//! Forwarding of one TCP port into a namespace: the hosts' way to the server, which is not part of the
//! emulated link.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::Namespace;

/// How often a quiet connection looks whether it is over.
const TICK: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
struct State {
    over: AtomicBool,
    /// Nothing passes, and nobody is told.
    cut: AtomicBool,
}

/// A port of ours that can be reached in a namespace under the same number.
#[derive(Debug)]
pub(crate) struct Forward {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Forward {
    pub(crate) fn open(inside: &Namespace, port: u16) -> Result<Self> {
        let listener = inside.within(|| {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).context("the server's port is taken in there")
        })?;
        listener.set_nonblocking(true)?;
        let state = Arc::new(State::default());
        let shared = state.clone();
        let thread = thread::Builder::new()
            .name("lab-forward".into())
            .spawn(move || accept(&listener, SocketAddr::from((Ipv4Addr::LOCALHOST, port)), &shared))?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// As a path that swallows everything: connections stay and carry nothing.
    pub(crate) fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::Relaxed);
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn accept(listener: &TcpListener, server: SocketAddr, state: &Arc<State>) {
    while !state.over.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, _)) if !state.cut.load(Ordering::Relaxed) => join(client, server, state),
            // Closed at once; a client that gets no answer tries again likewise.
            Ok(_) => {}
            Err(_) => thread::sleep(TICK),
        }
    }
}

/// Copies both ways until one side ends; the threads end by themselves.
fn join(client: TcpStream, server: SocketAddr, state: &Arc<State>) {
    let Ok(server) = TcpStream::connect(server) else { return };
    for stream in [&client, &server] {
        // An accepted socket inherits nothing on Linux, but a blocking read has to end some time.
        if stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(TICK))).is_err() {
            return;
        }
        drop(stream.set_nodelay(true));
    }
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { return };
    for (from, to) in [(from_client, server), (from_server, client)] {
        let state = state.clone();
        let copy = move || copy(from, to, &state);
        drop(thread::Builder::new().name("lab-forward-copy".into()).spawn(copy));
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, state: &State) {
    let mut piece = vec![0; 16 * 1024];
    while !state.over.load(Ordering::Relaxed) {
        if state.cut.load(Ordering::Relaxed) {
            thread::sleep(TICK);
            continue;
        }
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                if to.write_all(&piece[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}
