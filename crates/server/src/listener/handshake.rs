//! The TLS handshake of a connection: it has the time of a request head.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::LARGEST_HEAD;
use super::stream::Guarded;

/// The answer to a request without TLS: whoever has typed `http://` learns why nothing works.
const NOT_WITHOUT: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n\
    content-length: 35\r\n\r\nOnly https:// is understood here.\r\n";

/// The stream within TLS. `None` where there will be none: silence, another protocol, no agreement.
pub(super) async fn secured(
    acceptor: &TlsAcceptor,
    stream: Guarded,
    within: Duration,
) -> Option<TlsStream<Guarded>> {
    match timeout(within, agree(acceptor, stream)).await {
        Ok(Ok(secured)) => secured,
        Ok(Err(error)) => {
            debug!(%error, "A TLS handshake failed");
            None
        }
        Err(_) => {
            debug!("A TLS handshake took too long");
            None
        }
    }
}

async fn agree(acceptor: &TlsAcceptor, stream: Guarded) -> io::Result<Option<TlsStream<Guarded>>> {
    // TLS begins with the byte 22, the type of a handshake record (RFC 8446, section 5.1), HTTP with a letter.
    if stream.first_byte().await?.is_some_and(|first| first.is_ascii_alphabetic()) {
        refuse(stream).await?;
        return Ok(None);
    }
    acceptor.accept(stream).await.map(Some)
}

async fn refuse(mut stream: Guarded) -> io::Result<()> {
    stream.write_all(NOT_WITHOUT).await?;
    stream.shutdown().await?;
    // Closing with something unread resets the connection, which may take the answer back.
    tokio::io::copy(&mut stream.take(LARGEST_HEAD as u64), &mut tokio::io::sink()).await?;
    Ok(())
}
