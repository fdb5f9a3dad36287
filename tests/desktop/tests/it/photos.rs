//! Photos of people, as a page of the real program loads them.

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{Launch, Phone, SELLER, Screen, Session, TestServer, until};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// One grey pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";

/// A web server with this picture at every address.
async fn pictures() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", PNG.len());
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&[head.as_bytes(), PNG].concat()).await;
        }
    });
    Ok(port)
}

/// How wide the page finds a picture; 0 if it has none.
async fn width(phone: &Phone, source: &str) -> anyhow::Result<u64> {
    let id = format!("picture-{}", source.len());
    let ask = format!(
        "const picture = document.getElementById('{id}') ?? Object.assign(new Image(), {{ id: '{id}', src: {} }}); \
         document.body.append(picture); return picture.complete ? picture.naturalWidth : null",
        json!(source)
    );
    until("the picture is there or not", async || Ok(phone.script(&ask).await?.as_u64())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_come_through_the_program_and_only_from_where_they_may() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
    phone.enter("main", "people-tab").await?;
    phone.find("contact-row").await?;
    let port = pictures().await?;

    let photo = async |address: &str| -> anyhow::Result<String> {
        let encode = format!("return window.__TAURI_INTERNALS__.convertFileSrc({}, 'photo')", json!(address));
        Ok(phone.script(&encode).await?.as_str().context("an address")?.to_owned())
    };
    // The host of the account's server, on whatever port.
    let own = format!("http://127.0.0.1:{port}/own/ann.png?size=64");
    ensure!(width(&phone, &photo(&own).await?).await? == 1, "the own server's photo is not there");
    let elsewhere = format!("http://localhost:{port}/elsewhere.png");
    ensure!(width(&phone, &photo(&elsewhere).await?).await? == 0, "a photo from elsewhere over plain HTTP");
    ensure!(width(&phone, &own).await? == 0, "the page itself reaches a server");
    phone.stop().await;
    Ok(())
}
